// Metadata of families.
#include "components/prometheus/scrape/family_cache.h"

#include <algorithm>

namespace alloy::prometheus::scrape {

FamilyCache::Family& FamilyCache::find_or_add(std::string_view name) {
  // A family has several lines, and families come in the same order each time.
  for (size_t i = position_; i < std::min(position_ + 2, families_.size()); ++i) {
    if (families_[i].name == name) {
      position_ = i;
      return families_[i];
    }
  }
  const auto found = std::ranges::find(families_, name, &Family::name);
  position_ = static_cast<size_t>(found - families_.begin());
  if (found == families_.end()) {
    families_.push_back({.name = std::string(name), .help = {}, .unit = {}});
  }
  return families_[position_];
}

void FamilyCache::set_type(std::string_view family, FamilyType type) {
  Family& entry = find_or_add(family);
  if (entry.type == type) return;
  entry.type = type;
  entry.is_told = false;
}

void FamilyCache::set_help(std::string_view family, std::string_view help) {
  Family& entry = find_or_add(family);
  if (entry.help == help) return;
  entry.help = help;
  entry.is_told = false;
}

void FamilyCache::set_unit(std::string_view family, std::string_view unit) {
  Family& entry = find_or_add(family);
  if (entry.unit == unit) return;
  entry.unit = unit;
  entry.is_told = false;
}

void FamilyCache::collect(std::vector<FamilyMetadata>& out) const {
  for (const Family& family : families_) {
    if (!family.is_told) out.push_back({family.name, family.type, family.help, family.unit});
  }
}

void FamilyCache::mark_told() {
  for (Family& family : families_) family.is_told = true;
}

void FamilyCache::mark_untold() {
  for (Family& family : families_) family.is_told = false;
}

size_t FamilyCache::bytes() const {
  size_t total = 0;
  for (const Family& family : families_) {
    total += family.name.size() + family.help.size() + family.unit.size();
  }
  return total;
}

}  // namespace alloy::prometheus::scrape
