// The metadata of a target's families, and which of it receivers have not been told yet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signals/metric_batch.h"

namespace alloy::prometheus::scrape {

class FamilyCache {
 public:
  void begin() { position_ = 0; }
  void set_type(std::string_view family, FamilyType type);
  void set_help(std::string_view family, std::string_view help);
  void set_unit(std::string_view family, std::string_view unit);

  // Appends what is new or changed since mark_told(); valid until the next change.
  void collect(std::vector<FamilyMetadata>& out) const;
  void mark_told();
  void mark_untold();
  void clear() { families_.clear(); }

  size_t size() const { return families_.size(); }
  size_t bytes() const;

 private:
  struct Family {
    std::string name;
    FamilyType type = FamilyType::unknown;
    std::string help;
    std::string unit;
    bool is_told = false;
  };
  Family& find_or_add(std::string_view name);

  std::vector<Family> families_;  // In the order in which they were first seen.
  size_t position_ = 0;           // Where the next one is likely to be.
};

}  // namespace alloy::prometheus::scrape
