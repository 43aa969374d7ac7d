#include "components/prometheus/remote_write/metadata_table.h"

#include <algorithm>

namespace alloy::prometheus::remote_write {
namespace {

// More than any real program has; what comes from outside must not grow without end.
constexpr size_t families_max = 200'000;

struct Suffix {
  std::string_view text;
  std::initializer_list<FamilyType> types;
};

using enum FamilyType;
const Suffix suffixes[] = {
    {"_bucket", {histogram, gauge_histogram}},
    {"_count", {histogram, summary}},
    {"_sum", {histogram, summary}},
    {"_total", {counter}},
    {"_created", {counter, histogram, summary}},
    {"_info", {info}},
    {"_gcount", {gauge_histogram}},
    {"_gsum", {gauge_histogram}},
};

}  // namespace

void MetadataTable::learn(std::span<const FamilyMetadata> metadata) {
  for (const FamilyMetadata& fresh : metadata) {
    auto known = by_name_.find(fresh.family);
    if (known == by_name_.end()) {
      if (families_.size() >= families_max) continue;
      Family& family = families_.emplace_back();
      family.name = fresh.family;
      known = by_name_.emplace(family.name, &family).first;
      ++version_;
    }
    Family& family = *known->second;
    family.help = fresh.help;
    family.unit = fresh.unit;
    family.metadata = {family.name, fresh.type, family.help, family.unit};
  }
}

const MetadataTable::Family* MetadataTable::look_up(std::string_view name) const {
  if (const auto exact = by_name_.find(name); exact != by_name_.end()) return exact->second;
  for (const Suffix& suffix : suffixes) {
    if (!name.ends_with(suffix.text)) continue;
    const auto found = by_name_.find(name.substr(0, name.size() - suffix.text.size()));
    if (found == by_name_.end()) continue;
    const FamilyType type = found->second->metadata.type;
    if (std::ranges::find(suffix.types, type) != suffix.types.end()) return found->second;
  }
  return nullptr;
}

const FamilyMetadata* MetadataTable::find(const Series& series) {
  if (families_.empty()) return nullptr;
  const uint32_t slot = series.slot();
  if (slot >= entries_.size()) {
    entries_.resize(std::max<size_t>(slot + 1, entries_.size() + entries_.size() / 4));
  }
  Entry& entry = entries_[slot];
  const uint32_t uid = static_cast<uint32_t>(series.uid() % UINT32_MAX) + 1;  // Never 0.
  if (entry.uid != uid || entry.version != version_) {
    entry = {uid, version_, look_up(store_.label(series, metric_name_label))};
  }
  return entry.family == nullptr ? nullptr : &entry.family->metadata;
}

}  // namespace alloy::prometheus::remote_write
