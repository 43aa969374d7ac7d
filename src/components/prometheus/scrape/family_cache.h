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
  // Each makes this family the one at hand.
  void set_type(std::string_view family, FamilyType type);
  void set_help(std::string_view family, std::string_view help);
  void set_unit(std::string_view family, std::string_view unit);

  // The place of the family at hand; it keeps it.
  size_t current() const { return position_; }
  // Valid until the next change.
  FamilyMetadata metadata(size_t place) const;
  // Whether a series of this name belongs to the family.
  bool has_series(size_t place, std::string_view name) const;

  bool is_told(size_t place) const { return families_[place].told == families_[place].version; }
  // What there is now goes to receivers; mark_told() says that it went.
  void tell(size_t place) { families_[place].telling = families_[place].version; }
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
    uint32_t version = 1;  // Counts changes.
    uint32_t telling = 0;  // Versions, or 0: none.
    uint32_t told = 0;
  };
  Family& find_or_add(std::string_view name);

  std::vector<Family> families_;  // In the order in which they were first seen.
  size_t position_ = 0;           // Of the family at hand; the next one is likely to follow.
};

}  // namespace alloy::prometheus::scrape
