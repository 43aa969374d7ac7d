#include "cluster/lzw.h"

#include <array>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace alloy::cluster {
namespace {

constexpr unsigned literal_bits = 8;
constexpr unsigned clear_code = 1u << literal_bits;
constexpr unsigned end_code = clear_code + 1;
constexpr unsigned width_max = 12;
constexpr unsigned table_size = 1u << width_max;

// Appends codes of a changing width to a byte string, least significant bit first.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  void put(unsigned code, unsigned width) {
    pending_ |= uint64_t{code} << bits_;
    bits_ += width;
    for (; bits_ >= 8; bits_ -= 8, pending_ >>= 8) out_ += static_cast<char>(pending_);
  }
  void finish() {
    if (bits_ > 0) out_ += static_cast<char>(pending_);
  }

 private:
  std::string& out_;
  uint64_t pending_ = 0;
  unsigned bits_ = 0;
};

// The encoder's dictionary: (prefix code, next byte) -> code, open addressing.
class Dictionary {
 public:
  void clear() { slots_.fill(0); }
  // 0 if the pair has no code yet.
  unsigned find(unsigned prefix, unsigned char byte) const {
    return slots_[probe(key(prefix, byte))] & 0xFFF;
  }
  void add(unsigned prefix, unsigned char byte, unsigned code) {
    const uint32_t k = key(prefix, byte);
    slots_[probe(k)] = k << width_max | code;
  }

 private:
  static constexpr size_t slot_count = 4 * table_size;
  static uint32_t key(unsigned prefix, unsigned char byte) { return prefix << 8 | byte; }
  size_t probe(uint32_t k) const {
    size_t at = (k * 2654435761u) >> 18;
    while (slots_[at] != 0 && slots_[at] >> width_max != k) at = (at + 1) % slot_count;
    return at;
  }
  std::array<uint32_t, slot_count> slots_{};
};

}  // namespace

std::string lzw_compress(std::string_view input) {
  std::string out;
  BitWriter writer(out);
  unsigned width = literal_bits + 1;
  unsigned last = end_code;  // The number that the newest dictionary entry has or would have.
  writer.put(clear_code, width);
  // Counts one more code; false when the table is full and starts anew instead.
  Dictionary dictionary;
  const auto advance = [&] {
    ++last;
    if (last == 1u << width) ++width;
    if (last != table_size - 1) return true;
    writer.put(clear_code, width_max);
    width = literal_bits + 1;
    last = end_code;
    dictionary.clear();
    return false;
  };

  if (!input.empty()) {
    unsigned prefix = static_cast<unsigned char>(input[0]);
    for (const char c : input.substr(1)) {
      const auto byte = static_cast<unsigned char>(c);
      if (const unsigned code = dictionary.find(prefix, byte); code != 0) {
        prefix = code;
        continue;
      }
      writer.put(prefix, width);
      if (advance()) dictionary.add(prefix, byte, last);
      prefix = byte;
    }
    writer.put(prefix, width);
    advance();
  }
  writer.put(end_code, width);
  writer.finish();
  return out;
}

Result<std::string> lzw_decompress(std::string_view input, size_t output_max) {
  struct Entry {
    uint16_t prefix;
    unsigned char last;
  };
  std::vector<Entry> table(table_size);
  std::string out;
  std::string text;  // The bytes of one code, back to front.
  uint64_t pending = 0;
  unsigned bits = 0;
  unsigned width = literal_bits + 1;
  unsigned next = end_code;  // One below the number of the next entry.
  constexpr unsigned none = ~0u;
  unsigned previous = none;

  while (true) {
    while (bits < width) {
      if (input.empty()) return fail("lzw: unexpected end of data", ErrorKind::invalid);
      pending |= uint64_t{static_cast<unsigned char>(input[0])} << bits;
      input.remove_prefix(1);
      bits += 8;
    }
    const auto code = static_cast<unsigned>(pending & ((1u << width) - 1));
    pending >>= width;
    bits -= width;
    if (code == end_code) return out;
    if (code == clear_code) {
      width = literal_bits + 1;
      next = end_code;
      previous = none;
      continue;
    }
    // The code of the entry that this very code completes: the previous text and its first byte.
    const bool is_own_entry = code > end_code && code == next;
    if (code > end_code && code > next)
      return fail(fmt::format("lzw: invalid code {}", code), ErrorKind::invalid);

    text.clear();
    unsigned walk = is_own_entry ? previous : code;
    for (; walk > end_code; walk = table[walk].prefix) text += static_cast<char>(table[walk].last);
    const auto first = static_cast<unsigned char>(walk);
    text += static_cast<char>(first);
    if (out.size() + text.size() + 1 > output_max)
      return fail(fmt::format("lzw: more than {} bytes", output_max), ErrorKind::full);
    out.append(text.rbegin(), text.rend());
    if (is_own_entry) out += static_cast<char>(first);

    if (previous != none && next < table_size)
      table[next] = {static_cast<uint16_t>(previous), first};
    previous = code;
    if (next < table_size) ++next;
    if (next >= 1u << width && width < width_max) ++width;
  }
}

}  // namespace alloy::cluster
