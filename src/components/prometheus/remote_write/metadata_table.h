// The metadata of the series that came by.
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
  void learn(std::span<const SeriesMetadata> metadata);
  // Null if none is known.
  const FamilyMetadata* find(const Series& series) const {
    const uint32_t slot = series.slot();
    if (slot >= entries_.size() || entries_[slot].uid != short_uid(series)) return nullptr;
    return entries_[slot].metadata;
  }

  bool empty() const { return contents_.empty(); }
  // How many different ones there are.
  size_t size() const { return contents_.size(); }

 private:
  struct Content {
    std::string help;
    std::string unit;
    FamilyMetadata metadata;  // Points to the texts above.
  };
  struct Entry {
    uint32_t uid = 0;  // Made of the series'; 0: none.
    const FamilyMetadata* metadata = nullptr;
  };
  static uint32_t short_uid(const Series& series) {
    return static_cast<uint32_t>(series.uid() % UINT32_MAX) + 1;  // Never 0.
  }
  const FamilyMetadata* intern(const FamilyMetadata& fresh);

  // Series share what says the same.
  std::deque<Content> contents_;  // Stay where they are.
  std::unordered_multimap<uint64_t, const FamilyMetadata*> by_hash_;
  std::vector<Entry> entries_;  // By slot.
};

}  // namespace alloy::prometheus::remote_write
