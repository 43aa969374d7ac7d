// Interning of series.
#include "signals/series.h"

#include <algorithm>
#include <cstddef>
#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "signals/id_table.h"

namespace alloy {

SeriesRef::SeriesRef(const SeriesRef& other) : store_(other.store_), series_(other.series_) {
  if (series_ != nullptr) store_->acquire(*series_);
}

SeriesRef::~SeriesRef() {
  if (series_ != nullptr) store_->release(*series_);
}

struct alignas(64) SeriesStore::Shard {
  explicit Shard(Arena& arena) : heap(arena) {}

  mutable std::mutex mutex;  // Guards everything below.
  IdTable table;
  ArenaHeap heap;
};

namespace {

size_t bytes_of(size_t label_count) {
  constexpr size_t head = sizeof(uint64_t) + 3 * sizeof(uint32_t);
  return head + label_count * sizeof(LabelId);
}

}  // namespace

SeriesStore::SeriesStore() : seed_(std::random_device{}()) {
  shards_.reserve(shard_count);
  for (size_t i = 0; i < shard_count; ++i) shards_.push_back(std::make_unique<Shard>(arena_));
}

SeriesStore::~SeriesStore() = default;

uint64_t SeriesStore::hash(std::span<const LabelId> labels) const {
  return XXH3_64bits_withSeed(labels.data(), labels.size_bytes(), seed_);
}

SeriesRef SeriesStore::intern(std::span<const Label> labels) {
  constexpr size_t usual_count = 48;
  LabelId usual[usual_count];
  std::vector<LabelId> many;
  if (labels.size() > usual_count) many.resize(labels.size());
  LabelId* ids = many.empty() ? usual : many.data();
  for (size_t i = 0; i < labels.size(); ++i) {
    ids[i] = pool_.intern(labels[i].name, labels[i].value);
  }
  SeriesRef series = intern_ids({ids, labels.size()});
  for (size_t i = 0; i < labels.size(); ++i) pool_.release(ids[i]);
  return series;
}

SeriesRef SeriesStore::intern_ids(std::span<const LabelId> labels) {
  const uint64_t key = hash(labels);
  Shard& shard = *shards_[key >> 60];
  const std::lock_guard lock(shard.mutex);
  const SeriesNumber found = shard.table.find(
      key, [&](SeriesNumber number) { return std::ranges::equal(at(number).labels(), labels); });
  if (found != IdTable::none) return share(at(found));
  Series& series = create(shard, labels);
  shard.table.insert(key, number_of(series));
  return {*this, series};
}

Series& SeriesStore::create(Shard& shard, std::span<const LabelId> labels) {
  std::byte* piece = shard.heap.allocate(bytes_of(labels.size()));
  // Only the head is constructed: the struct's one label may lie beyond a series without any.
  auto* series = reinterpret_cast<Series*>(piece);
  series->uid_ = next_uid_.fetch_add(1, std::memory_order_relaxed);
  new (&series->references_) std::atomic<uint32_t>(1);
  series->slot_ = take_slot();
  series->count_ = static_cast<uint32_t>(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    pool_.acquire(labels[i]);
    series->labels_[i] = labels[i];
  }
  return *series;
}

void SeriesStore::release(const Series& borrowed) {
  auto& series = const_cast<Series&>(borrowed);
  // The count reaches zero only under the lock, where intern_ids() can't find the series meanwhile.
  uint32_t count = series.references_.load(std::memory_order_relaxed);
  while (count > 1) {
    if (series.references_.compare_exchange_weak(count, count - 1, std::memory_order_release)) {
      return;
    }
  }
  const uint64_t key = hash(series.labels());
  Shard& shard = *shards_[key >> 60];
  const std::lock_guard lock(shard.mutex);
  if (series.references_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  shard.table.erase(key, number_of(series));
  for (const LabelId label : series.labels()) pool_.release(label);
  return_slot(series.slot_);
  shard.heap.free(reinterpret_cast<std::byte*>(&series), bytes_of(series.count_));
}

uint32_t SeriesStore::take_slot() {
  const std::lock_guard lock(slots_mutex_);
  if (free_slots_.empty()) return slots_.fetch_add(1, std::memory_order_relaxed);
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

void SeriesStore::return_slot(uint32_t slot) {
  const std::lock_guard lock(slots_mutex_);
  free_slots_.push_back(slot);
}

void SeriesStore::labels_of(const Series& series, std::vector<Label>& out) const {
  out.clear();
  for (const LabelId id : series.labels()) out.push_back(pool_.label(id));
}

std::vector<Label> SeriesStore::labels_of(const Series& series) const {
  std::vector<Label> labels;
  labels_of(series, labels);
  return labels;
}

std::string_view SeriesStore::label(const Series& series, std::string_view name) const {
  for (const LabelId id : series.labels()) {
    if (const Label label = pool_.label(id); label.name == name) return label.value;
  }
  return {};
}

std::string SeriesStore::describe(const Series& series) const {
  return alloy::describe(labels_of(series));
}

size_t SeriesStore::size() const {
  size_t total = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    total += shard->table.size();
  }
  return total;
}

size_t SeriesStore::bytes() const {
  size_t total = pool_.bytes();
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    total += shard->table.bytes() + shard->heap.bytes_in_use();
  }
  return total;
}

}  // namespace alloy
