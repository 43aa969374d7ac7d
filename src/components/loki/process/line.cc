// Labels of lines, and the series that they become.
#include "components/loki/process/line.h"

#include <algorithm>
#include <xxhash.h>

namespace alloy::loki::process {
namespace {

constexpr size_t remembered_max = 20'000;

}  // namespace

uint64_t hash_of(std::span<const Label> labels) {
  uint64_t hash = labels.size();
  for (const Label& label : labels) {
    hash = XXH3_64bits_withSeed(label.name.data(), label.name.size(), hash);
    hash = XXH3_64bits_withSeed(label.value.data(), label.value.size(), hash);
  }
  return hash;
}

const Label* LineLabels::find(std::string_view name) const {
  for (const Label& label : get()) {
    if (label.name == name) return &label;
  }
  return nullptr;
}

void LineLabels::set(std::string_view name, std::string_view value) {
  make_own();
  const auto place = std::ranges::lower_bound(changed_, name, {}, &Label::name);
  if (place != changed_.end() && place->name == name)
    place->value = value;
  else
    changed_.insert(place, {.name = name, .value = value});
}

void LineLabels::erase(std::string_view name) {
  if (find(name) == nullptr) return;
  erase_if([&](const Label& label) { return label.name == name; });
}

uint64_t LineLabels::hash() const { return hash_of(get()); }

void Line::set_metadata(Label label, Scratch& scratch) {
  const auto found = std::ranges::find(metadata, label.name, &Label::name);
  const bool is_new = found == metadata.end();
  auto* copy = reinterpret_cast<Label*>(
      scratch.allocate((metadata.size() + (is_new ? 1 : 0)) * sizeof(Label), alignof(Label)));
  Label* const end = std::uninitialized_copy(metadata.begin(), metadata.end(), copy);
  if (is_new)
    new (end) Label(label);
  else
    copy[found - metadata.begin()] = label;
  metadata = {copy, metadata.size() + (is_new ? 1 : 0)};
}

void Line::copy_from(const Line& other, const NameTable& names) {
  labels = other.labels;
  timestamp_ns = other.timestamp_ns;
  text = other.text;
  metadata = other.metadata;
  parsed = other.parsed;
  extracted.clear(names);
  other.extracted.for_each(
      [&](std::string_view name, const ExtractedValue& value) { extracted.set(name, value); });
}

void Line::extract_labels() {
  for (const Label& label : labels.get()) {
    extracted.set(label.name, ExtractedValue::text(label.value));
  }
}

const Series* SeriesCache::find(std::span<const Label> labels, uint64_t hash) {
  if (places_.empty() || used_ * 2 >= places_.size()) grow();
  size_t place = hash & (places_.size() - 1);
  while (places_[place].series != nullptr) {
    Entry& entry = places_[place];
    if (entry.hash == hash && std::ranges::equal(entry.labels, labels)) return entry.series;
    place = (place + 1) & (places_.size() - 1);
  }
  Entry& entry = places_[place];
  entry.series = store_.intern(labels).detach();
  entry.hash = hash;
  store_.labels_of(*entry.series, entry.labels);
  ++used_;
  return entry.series;
}

void SeriesCache::grow() {
  std::vector<Entry> old = std::exchange(places_, {});
  places_.resize(std::max<size_t>(old.size() * 2, 64));
  for (Entry& entry : old) {
    if (entry.series == nullptr) continue;
    size_t place = entry.hash & (places_.size() - 1);
    while (places_[place].series != nullptr) place = (place + 1) & (places_.size() - 1);
    places_[place] = std::move(entry);
  }
}

std::span<const Label> SeriesCache::labels_of(const Series& series) {
  if (&series == last_) return last_labels_;
  const auto [place, is_new] = streams_.try_emplace(&series);
  if (is_new) {
    store_.acquire(series);
    store_.labels_of(series, place->second);
  }
  last_ = &series;
  last_labels_ = place->second;
  return last_labels_;
}

void SeriesCache::trim() {
  if (used_ > remembered_max || streams_.size() > remembered_max) clear();
}

void SeriesCache::clear() {
  for (Entry& entry : places_) {
    if (entry.series != nullptr) store_.release(*entry.series);
  }
  places_.clear();
  used_ = 0;
  for (const auto& [series, labels] : streams_) store_.release(*series);
  streams_.clear();
  last_ = nullptr;
  last_labels_ = {};
}

}  // namespace alloy::loki::process
