// Reads the fields of a protobuf message in place.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace alloy::wire {

// Steps through the fields; after the last one, or where the message is broken, next() is false.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : rest_(message) {}

  // Moves to the next field.
  bool next() {
    if (is_broken_ || rest_.empty()) return false;
    const uint64_t tag = varint();
    field_ = static_cast<uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0:
        number_ = varint();
        break;
      case 1:
        number_ = fixed(8);
        break;
      case 2:
        bytes_ = take(varint());
        break;
      case 5:
        number_ = fixed(4);
        break;
      default:
        is_broken_ = true;
    }
    is_bytes_ = (tag & 7) == 2;
    if (field_ == 0) is_broken_ = true;
    return !is_broken_;
  }

  uint32_t field() const { return field_; }
  // Of the present field; empty or zero if it is of another kind.
  std::string_view bytes() const { return is_bytes_ ? bytes_ : std::string_view(); }
  uint64_t number() const { return is_bytes_ ? 0 : number_; }
  double floating() const { return std::bit_cast<double>(number()); }
  int64_t zigzag() const { return decode_zigzag(number()); }
  bool is_bytes() const { return is_bytes_; }
  bool is_broken() const { return is_broken_; }
  // What is in the present field turned out to be broken.
  void fail() { is_broken_ = true; }

  static int64_t decode_zigzag(uint64_t value) {
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

  // For what stands without a tag: packed values and lengths.
  bool at_end() const { return is_broken_ || rest_.empty(); }
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    is_broken_ = true;
    return 0;
  }
  uint64_t fixed(size_t size) {
    const std::string_view text = take(size);
    uint64_t value = 0;
    // Little-endian, as our processors are. A broken message has no text, not even an address.
    if (!text.empty()) std::memcpy(&value, text.data(), text.size());
    return value;
  }
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) {
      is_broken_ = true;
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view rest_;
  uint32_t field_ = 0;
  uint64_t number_ = 0;
  std::string_view bytes_;
  bool is_bytes_ = false;
  bool is_broken_ = false;
};

}  // namespace alloy::wire
