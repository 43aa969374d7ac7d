// Interned label pairs: a name and a value together are one 4-byte id.
//
// The pool keeps a pair as the Label message of remote write 1.0, so that writing a series is
// copying its pairs one after another.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "signals/arena.h"
#include "signals/labels.h"

namespace alloy {

using LabelId = uint32_t;

class LabelPool {
 public:
  LabelPool();
  ~LabelPool();
  LabelPool(const LabelPool&) = delete;
  LabelPool& operator=(const LabelPool&) = delete;

  // The id of the pair, with one reference for the caller. From any thread.
  LabelId intern(std::string_view name, std::string_view value);
  // One more reference for somebody who holds one.
  void acquire(LabelId id) { entry(id).references.fetch_add(1, std::memory_order_relaxed); }
  void release(LabelId id);

  // What an id stands for, without a lock, for somebody who holds a reference.
  Label label(LabelId id) const;
  std::string_view name(LabelId id) const { return label(id).name; }
  std::string_view value(LabelId id) const { return label(id).value; }
  // The pair as the field `repeated Label labels = 1` of a remote write TimeSeries with its tag and
  // length. At least 64 bytes behind it can be read (not used), so that copying can be sloppy.
  std::string_view encoded(LabelId id) const {
    const char* text = entry(id).text;
    const auto first = static_cast<unsigned char>(text[1]);
    if (first < 0x80) return {text, size_t{2} + first};
    return encoded_long(text);
  }

  size_t size() const;
  // Bytes that the pairs and their tables take.
  size_t bytes() const;

 private:
  struct Entry {
    std::atomic<uint32_t> references;
    char text[4];  // The encoding; goes on behind the struct.
  };
  struct Shard;
  static constexpr size_t shard_count = 16;

  Entry& entry(LabelId id) const { return *reinterpret_cast<Entry*>(arena_.at(id)); }
  static std::string_view encoded_long(const char* text);
  uint64_t hash(std::string_view name, std::string_view value) const;

  Arena arena_;
  uint64_t seed_;
  std::vector<std::unique_ptr<Shard>> shards_;  // By the upper bits of the hash.
};

}  // namespace alloy
