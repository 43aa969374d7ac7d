#include "components/prometheus/remote_write/metadata_table.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace alloy::prometheus::remote_write {
namespace {

// More than any real program has; what comes from outside must not grow without end.
constexpr size_t contents_max = 200'000;

uint64_t hash_of(const FamilyMetadata& metadata) {
  const auto seed = static_cast<uint64_t>(metadata.type);
  return XXH3_64bits_withSeed(
      metadata.help.data(), metadata.help.size(),
      XXH3_64bits_withSeed(metadata.unit.data(), metadata.unit.size(), seed));
}

}  // namespace

const FamilyMetadata* MetadataTable::intern(const FamilyMetadata& fresh) {
  const uint64_t hash = hash_of(fresh);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto found = first; found != last; ++found) {
    if (*found->second == fresh) return found->second;
  }
  if (contents_.size() >= contents_max) return nullptr;
  Content& content = contents_.emplace_back();
  content.help = fresh.help;
  content.unit = fresh.unit;
  content.metadata = {fresh.type, content.help, content.unit};
  by_hash_.emplace(hash, &content.metadata);
  return &content.metadata;
}

void MetadataTable::learn(std::span<const SeriesMetadata> metadata) {
  const SeriesMetadata* before = nullptr;
  const FamilyMetadata* content = nullptr;
  for (const SeriesMetadata& fresh : metadata) {
    // The series of a family come together.
    if (before == nullptr || before->metadata != fresh.metadata) content = intern(fresh.metadata);
    before = &fresh;
    const uint32_t slot = fresh.series->slot();
    if (slot >= entries_.size()) {
      entries_.resize(std::max<size_t>(slot + 1, entries_.size() + entries_.size() / 4));
    }
    entries_[slot] = {short_uid(*fresh.series), content};
  }
}

}  // namespace alloy::prometheus::remote_write
