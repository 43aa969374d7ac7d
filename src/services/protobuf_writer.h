// Writes protobuf messages field by field, for the few that are written by hand here.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace alloy {

class ProtobufWriter {
 public:
  void number(unsigned field, uint64_t value) {
    if (value == 0) return;  // The default is left out.
    varint(field << 3);
    varint(value);
  }
  void real(unsigned field, double value) {
    varint(field << 3 | 1);
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) out_ += static_cast<char>(bits >> shift & 0xff);
  }
  void text(unsigned field, std::string_view bytes) {
    varint(field << 3 | 2);
    varint(bytes.size());
    out_ += bytes;
  }
  void message(unsigned field, const ProtobufWriter& message) { text(field, message.out_); }
  void packed(unsigned field, std::span<const uint64_t> values) {
    ProtobufWriter list;
    for (uint64_t value : values) list.varint(value);
    message(field, list);
  }
  // As part of a stream: behind its size.
  void delimited(const ProtobufWriter& message) {
    varint(message.out_.size());
    out_ += message.out_;
  }

  const std::string& bytes() const { return out_; }

 private:
  void varint(uint64_t value) {
    while (value >= 0x80) {
      out_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    out_ += static_cast<char>(value);
  }

  std::string out_;
};

}  // namespace alloy
