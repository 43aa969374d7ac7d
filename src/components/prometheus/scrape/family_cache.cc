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
  ++entry.version;
}

void FamilyCache::set_help(std::string_view family, std::string_view help) {
  Family& entry = find_or_add(family);
  if (entry.help == help) return;
  entry.help = help;
  ++entry.version;
}

void FamilyCache::set_unit(std::string_view family, std::string_view unit) {
  Family& entry = find_or_add(family);
  if (entry.unit == unit) return;
  entry.unit = unit;
  ++entry.version;
}

FamilyMetadata FamilyCache::metadata(size_t place) const {
  const Family& family = families_[place];
  return {family.type, family.help, family.unit};
}

bool FamilyCache::has_series(size_t place, std::string_view name) const {
  const Family& family = families_[place];
  std::string_view base = family.name;
  const auto is_one_of = [&](std::initializer_list<std::string_view> suffixes) {
    const std::string_view suffix = name.substr(base.size());
    return suffix.empty() || std::ranges::find(suffixes, suffix) != suffixes.end();
  };
  // Families of the Prometheus text format may have the suffix in their name.
  if (family.type == FamilyType::counter && base.ends_with("_total")) base.remove_suffix(6);
  if (family.type == FamilyType::info && base.ends_with("_info")) base.remove_suffix(5);
  if (!name.starts_with(base)) return false;
  switch (family.type) {
    case FamilyType::counter:
      return is_one_of({"_total"});
    case FamilyType::info:
      return is_one_of({"_info"});
    case FamilyType::histogram:
      return is_one_of({"_bucket", "_sum", "_count"});
    case FamilyType::gauge_histogram:
      return is_one_of({"_bucket", "_gsum", "_gcount"});
    case FamilyType::summary:
      return is_one_of({"_sum", "_count"});
    default:
      return name.size() == base.size();
  }
}

void FamilyCache::mark_told() {
  for (Family& family : families_) family.told = family.telling;
}

void FamilyCache::mark_untold() {
  for (Family& family : families_) family.told = family.telling = 0;
}

size_t FamilyCache::bytes() const {
  size_t total = 0;
  for (const Family& family : families_) {
    total += family.name.size() + family.help.size() + family.unit.size();
  }
  return total;
}

}  // namespace alloy::prometheus::scrape
