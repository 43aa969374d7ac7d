// Interned series: a label set of a metric is one immutable object, the same one for everybody.
//
// A series is known by its address while somebody holds a reference; by its slot (dense, reused) to
// caches that are arrays; and by its uid (never reused) to whoever has to be sure that a slot still
// means the same series.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "signals/label_pool.h"

namespace alloy {

class SeriesStore;

// 20 bytes and four more a label.
class Series {
 public:
  uint64_t uid() const { return uid_; }
  // Below SeriesStore::slots(); belongs to another series once this one is gone.
  uint32_t slot() const { return slot_; }
  // Sorted by label name, without repetition and without empty values.
  std::span<const LabelId> labels() const { return {labels_, count_}; }

  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

 private:
  friend class SeriesStore;
  Series() = default;

  uint64_t uid_;
  std::atomic<uint32_t> references_;
  uint32_t slot_;
  uint32_t count_;
  LabelId labels_[1];  // Goes on behind the struct.
};

// A series named by four bytes, for caches with millions of entries.
using SeriesNumber = uint32_t;
inline constexpr SeriesNumber no_series = 0;

// A counted reference. Bulk holders count by hand with acquire() and release() instead.
class SeriesRef {
 public:
  SeriesRef() = default;
  SeriesRef(SeriesRef&& other) noexcept
      : store_(other.store_), series_(std::exchange(other.series_, nullptr)) {}
  SeriesRef(const SeriesRef& other);
  SeriesRef& operator=(SeriesRef other) noexcept {
    std::swap(store_, other.store_);
    std::swap(series_, other.series_);
    return *this;
  }
  ~SeriesRef();

  const Series* get() const { return series_; }
  const Series& operator*() const { return *series_; }
  const Series* operator->() const { return series_; }
  explicit operator bool() const { return series_ != nullptr; }
  // Hands the reference to the caller, who must release() it.
  const Series* detach() { return std::exchange(series_, nullptr); }

 private:
  friend class SeriesStore;
  SeriesRef(SeriesStore& store, const Series& series) : store_(&store), series_(&series) {}

  SeriesStore* store_ = nullptr;
  const Series* series_ = nullptr;
};

// All series of the program; must outlive every reference. Everything may be called from any
// thread. Only making a series and dropping the last reference to one take a lock (one of several).
class SeriesStore {
 public:
  SeriesStore();
  ~SeriesStore();
  SeriesStore(const SeriesStore&) = delete;
  SeriesStore& operator=(const SeriesStore&) = delete;

  // The series with these labels: sorted by name, no name twice, no empty value.
  SeriesRef intern(std::span<const Label> labels);
  // The same from pairs of this store's pool, which keep their references.
  SeriesRef intern_ids(std::span<const LabelId> labels);
  // Another reference for somebody who holds one.
  SeriesRef share(const Series& series) {
    acquire(series);
    return {*this, series};
  }

  void acquire(const Series& series) {
    const_cast<Series&>(series).references_.fetch_add(1, std::memory_order_relaxed);
  }
  void release(const Series& series);

  SeriesNumber number_of(const Series& series) const { return arena_.number_of(&series); }
  const Series& at(SeriesNumber number) const {
    return *reinterpret_cast<const Series*>(arena_.at(number));
  }

  LabelPool& pool() { return pool_; }
  const LabelPool& pool() const { return pool_; }

  // The labels as text, sorted by name; valid while the series is referenced.
  void labels_of(const Series& series, std::vector<Label>& out) const;
  std::vector<Label> labels_of(const Series& series) const;
  // The value of a label; empty if the series doesn't have it.
  std::string_view label(const Series& series, std::string_view name) const;
  // {__name__="up", job="x"}
  std::string describe(const Series& series) const;

  size_t size() const;
  // One more than the highest slot that has ever been in use.
  uint32_t slots() const { return slots_.load(std::memory_order_relaxed); }
  // Bytes that series, pairs and their tables take.
  size_t bytes() const;

 private:
  struct Shard;
  static constexpr size_t shard_count = 16;

  Series& create(Shard& shard, std::span<const LabelId> labels);
  uint32_t take_slot();
  void return_slot(uint32_t slot);
  uint64_t hash(std::span<const LabelId> labels) const;

  LabelPool pool_;
  Arena arena_;
  uint64_t seed_;
  std::vector<std::unique_ptr<Shard>> shards_;  // By the upper bits of the hash.
  std::atomic<uint64_t> next_uid_ = 1;
  std::atomic<uint32_t> slots_ = 0;
  std::mutex slots_mutex_;  // Guards everything below.
  std::vector<uint32_t> free_slots_;
};

}  // namespace alloy
