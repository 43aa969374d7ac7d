// The metadata of metric families that came by, and which series belongs to which family.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "signals/metric_batch.h"

namespace alloy::prometheus::remote_write {

class MetadataTable {
 public:
  explicit MetadataTable(const SeriesStore& store) : store_(store) {}

  void learn(std::span<const FamilyMetadata> metadata);
  // Of the family with the series' name, or with the name without _bucket, _total and the like
  // where the family's type makes such series; null if none is known. Valid until learn().
  const FamilyMetadata* find(const Series& series);

  bool empty() const { return families_.empty(); }
  size_t size() const { return families_.size(); }

 private:
  struct Family {
    std::string name;
    std::string help;
    std::string unit;
    FamilyMetadata metadata;  // Points to the texts above.
  };
  struct Entry {
    uint32_t uid = 0;      // Made of the series'; 0: none.
    uint32_t version = 0;  // Of the table that the answer is from.
    const Family* family = nullptr;
  };
  const Family* look_up(std::string_view name) const;

  const SeriesStore& store_;
  std::deque<Family> families_;  // Stay where they are.
  std::unordered_map<std::string_view, Family*> by_name_;
  std::vector<Entry> entries_;  // By slot.
  uint32_t version_ = 1;        // Counts new families.
};

}  // namespace alloy::prometheus::remote_write
