// Writing protobuf's wire format.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace alloy::wire::protobuf {

inline size_t varint_size(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Returns the place behind it; writes at most ten bytes.
inline char* write_varint(char* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline char* write_double(char* out, double value) {
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

inline uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

// Fields with numbers below 16. Zero values are written too; leaving out is the caller's choice.
inline void append_varint(std::string& out, uint64_t value) {
  char bytes[10];
  out.append(bytes, write_varint(bytes, value));
}
inline void append_varint_field(std::string& out, uint32_t field, uint64_t value) {
  out.push_back(static_cast<char>(field << 3));
  append_varint(out, value);
}
inline void append_double(std::string& out, double value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void append_double_field(std::string& out, uint32_t field, double value) {
  out.push_back(static_cast<char>(field << 3 | 1));
  append_double(out, value);
}
inline void append_bytes_field(std::string& out, uint32_t field, std::string_view bytes) {
  out.push_back(static_cast<char>(field << 3 | 2));
  append_varint(out, bytes.size());
  out.append(bytes);
}

}  // namespace alloy::wire::protobuf
