// The cache of a target's lines.
#include "components/prometheus/scrape/series_cache.h"

#include <algorithm>
#include <array>
#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"

namespace alloy::prometheus::scrape {

namespace {

// Lines come from outside: nobody may be able to make up two with one hash.
struct Secret {
  Secret() {
    std::random_device random;
    seed = (uint64_t{random()} << 32) | random();
    XXH3_generateSecret_fromSeed(bytes.data(), seed);
  }
  uint64_t seed = 0;
  alignas(64) std::array<unsigned char, XXH3_SECRET_DEFAULT_SIZE> bytes;
};

const Secret& secret() {
  static const Secret instance;
  return instance;
}

}  // namespace

SeriesCache::SeriesCache(SeriesStore& store) : store_(store) {}

SeriesCache::~SeriesCache() { clear(); }

uint64_t SeriesCache::hash(std::string_view series) const {
  const Secret& key = secret();
  return XXH3_64bits_withSecretandSeed(series.data(), series.size(), key.bytes.data(),
                                       key.bytes.size(), key.seed) ^
         context_;
}

void SeriesCache::begin() {
  position_ = 0;
  context_ = 0;
}

SeriesCache::Entry* SeriesCache::expected(std::string_view text) {
  if (position_ >= entries_.size()) return nullptr;
  Entry& entry = entries_[position_];
  if (entry.series == no_series || entry.size >= text.size()) return nullptr;
  return hash(text.substr(0, entry.size)) == entry.hash ? &entry : nullptr;
}

SeriesCache::Entry& SeriesCache::advance() {
  if (!is_rebuilding_) [[likely]]
    return entries_[position_++];
  return take(position_++);
}

void SeriesCache::start_rebuilding() {
  is_rebuilding_ = true;
  next_.reserve(std::max(entries_.size(), position_ + 16));
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (!entry.is_duplicate) table_.insert(entry.hash, static_cast<uint32_t>(i) + 1);
    if (i < position_) take(i);
  }
}

SeriesCache::Entry& SeriesCache::take(size_t old_place) {
  Entry& old = entries_[old_place];
  next_.push_back(old);
  old.series = no_series;
  old.size = static_cast<uint32_t>(next_.size() - 1);
  return next_.back();
}

SeriesCache::Entry* SeriesCache::find(std::string_view series) {
  if (!is_rebuilding_) start_rebuilding();
  expected_hash_ = hash(series);
  const size_t old_count = entries_.size();
  const auto is_equal = [&](uint32_t id) {
    const size_t place = id - 1;
    return (place < old_count ? entries_[place] : next_[place - old_count]).hash == expected_hash_;
  };
  const uint32_t id = table_.find(expected_hash_, is_equal);
  if (id == IdTable::none) return nullptr;
  size_t place = id - 1;
  if (place < old_count) {
    Entry& old = entries_[place];
    if (old.series != no_series) {
      if (place == position_) ++position_;
      return &take(place);
    }
    place = old.size;
  } else {
    place -= old_count;
  }
  Entry again = next_[place];
  again.is_duplicate = true;
  again.is_tracked = false;
  again.is_live = false;
  store_.acquire(store_.at(again.series));
  return &next_.emplace_back(again);
}

SeriesCache::Entry& SeriesCache::add(std::string_view series, const Series& resolved) {
  ASSERT(is_rebuilding_ && series.size() <= series_bytes_max);
  table_.insert(expected_hash_, static_cast<uint32_t>(entries_.size() + next_.size()) + 1);
  is_settled_ = false;
  return next_.emplace_back(Entry{.hash = expected_hash_,
                                  .size = static_cast<uint32_t>(series.size()),
                                  .is_counted = false,
                                  .is_tracked = false,
                                  .is_live = false,
                                  .is_duplicate = false,
                                  .series = store_.number_of(resolved)});
}

void SeriesCache::end(const Entry& entry, std::vector<const Series*>& ended) {
  if (entry.is_live) ended.push_back(&store_.at(entry.series));
  ended_.push_back(entry.series);
}

void SeriesCache::settle(std::vector<const Series*>& ended) {
  if (is_settled_) return;
  for (Entry& entry : entries_) {
    if (entry.is_live && !entry.is_tracked) ended.push_back(&store_.at(entry.series));
    entry.is_live = entry.is_tracked;
  }
  is_settled_ = true;
}

void SeriesCache::commit(std::vector<const Series*>& ended) {
  const size_t ended_before = ended.size();
  if (is_rebuilding_) {
    for (const Entry& entry : entries_) {
      if (entry.series != no_series) end(entry, ended);
    }
    entries_ = std::exchange(next_, {});
    if (entries_.capacity() > entries_.size() + entries_.size() / 8) entries_.shrink_to_fit();
    table_ = {};
    is_rebuilding_ = false;
  } else if (position_ < entries_.size()) {
    for (size_t i = position_; i < entries_.size(); ++i) end(entries_[i], ended);
    entries_.resize(position_);
  }
  settle(ended);
  if (ended.size() == ended_before) return;
  // A series whose bytes changed (labels in another order, say) has not ended.
  const auto first = ended.begin() + static_cast<std::ptrdiff_t>(ended_before);
  std::vector<const Series*> sorted(first, ended.end());
  std::ranges::sort(sorted);
  std::vector<const Series*> present;
  for (const Entry& entry : entries_) {
    const Series* series = &store_.at(entry.series);
    if (entry.is_live && std::ranges::binary_search(sorted, series)) present.push_back(series);
  }
  if (present.empty()) return;
  std::ranges::sort(present);
  ended.erase(std::remove_if(first, ended.end(),
                             [&](const Series* series) {
                               return std::ranges::binary_search(present, series);
                             }),
              ended.end());
}

void SeriesCache::abandon(std::vector<const Series*>& ended) {
  if (is_rebuilding_) {
    for (const Entry& entry : entries_) {
      if (entry.series != no_series) next_.push_back(entry);
    }
    entries_ = std::exchange(next_, {});
    table_ = {};
    is_rebuilding_ = false;
  }
  for (Entry& entry : entries_) {
    if (entry.is_live) ended.push_back(&store_.at(entry.series));
    entry.is_live = false;
  }
  is_settled_ = false;
}

void SeriesCache::release_ended() {
  for (const SeriesNumber number : ended_) store_.release(store_.at(number));
  ended_.clear();
  if (ended_.capacity() > 1024) ended_.shrink_to_fit();
}

void SeriesCache::clear() {
  std::vector<const Series*> ignored;
  abandon(ignored);
  for (const Entry& entry : entries_) ended_.push_back(entry.series);
  entries_ = {};
  release_ended();
  is_settled_ = true;
}

}  // namespace alloy::prometheus::scrape
