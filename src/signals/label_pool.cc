// Interning of label pairs.
#include "signals/label_pool.h"

#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "signals/id_table.h"

namespace alloy {

namespace {

size_t varint_size(size_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

char* write_varint(char* out, size_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

size_t read_varint(const char*& text) {
  size_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*text++);
    value |= size_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
}

// The fields of a Label message: string name = 1, string value = 2.
constexpr char labels_tag = 0x0a;
constexpr char name_tag = 0x0a;
constexpr char value_tag = 0x12;

Label decode(const char* text) {
  ++text;  // Tag of the message.
  read_varint(text);
  ++text;
  const size_t name_size = read_varint(text);
  const std::string_view name(text, name_size);
  text += name_size + 1;
  const size_t value_size = read_varint(text);
  return {name, {text, value_size}};
}

}  // namespace

struct alignas(64) LabelPool::Shard {
  explicit Shard(Arena& arena) : heap(arena) {}

  mutable std::mutex mutex;  // Guards everything below.
  IdTable table;
  ArenaHeap heap;
};

LabelPool::LabelPool() : seed_(std::random_device{}()) {
  shards_.reserve(shard_count);
  for (size_t i = 0; i < shard_count; ++i) shards_.push_back(std::make_unique<Shard>(arena_));
}

LabelPool::~LabelPool() = default;

uint64_t LabelPool::hash(std::string_view name, std::string_view value) const {
  return XXH3_64bits_withSeed(value.data(), value.size(),
                              XXH3_64bits_withSeed(name.data(), name.size(), seed_));
}

std::string_view LabelPool::encoded_long(const char* text) {
  const char* rest = text + 1;
  const size_t size = read_varint(rest);
  return {text, static_cast<size_t>(rest - text) + size};
}

Label LabelPool::label(LabelId id) const { return decode(entry(id).text); }

LabelId LabelPool::intern(std::string_view name, std::string_view value) {
  const uint64_t key = hash(name, value);
  Shard& shard = *shards_[key >> 60];
  const std::lock_guard lock(shard.mutex);
  const auto is_equal = [&](LabelId id) { return label(id) == Label{name, value}; };
  if (const LabelId id = shard.table.find(key, is_equal); id != IdTable::none) {
    acquire(id);
    return id;
  }
  const size_t inner =
      2 + varint_size(name.size()) + name.size() + varint_size(value.size()) + value.size();
  std::byte* piece =
      shard.heap.allocate(sizeof(std::atomic<uint32_t>) + 1 + varint_size(inner) + inner);
  auto* created = new (piece) Entry;
  created->references.store(1, std::memory_order_relaxed);
  char* out = created->text;
  *out++ = labels_tag;
  out = write_varint(out, inner);
  *out++ = name_tag;
  out = write_varint(out, name.size());
  out = std::copy(name.begin(), name.end(), out);
  *out++ = value_tag;
  out = write_varint(out, value.size());
  std::copy(value.begin(), value.end(), out);
  const LabelId id = arena_.number_of(piece);
  shard.table.insert(key, id);
  return id;
}

void LabelPool::release(LabelId id) {
  Entry& held = entry(id);
  // The count reaches zero only under the lock, where intern() can't find the pair meanwhile.
  uint32_t count = held.references.load(std::memory_order_relaxed);
  while (count > 1) {
    if (held.references.compare_exchange_weak(count, count - 1, std::memory_order_release)) return;
  }
  const Label pair = label(id);
  const uint64_t key = hash(pair.name, pair.value);
  Shard& shard = *shards_[key >> 60];
  const std::lock_guard lock(shard.mutex);
  if (held.references.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  shard.table.erase(key, id);
  shard.heap.free(reinterpret_cast<std::byte*>(&held),
                  sizeof(std::atomic<uint32_t>) + encoded(id).size());
}

size_t LabelPool::size() const {
  size_t total = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    total += shard->table.size();
  }
  return total;
}

size_t LabelPool::bytes() const {
  size_t total = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    total += shard->table.bytes() + shard->heap.bytes_in_use();
  }
  return total;
}

}  // namespace alloy
