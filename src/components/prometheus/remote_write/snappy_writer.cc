#include "components/prometheus/remote_write/snappy_writer.h"

#include <algorithm>

namespace alloy::prometheus::remote_write {

void SnappyWriter::flush_literal() {
  const size_t size = static_cast<size_t>(out_ - literal_) - 1;
  const size_t length = size - 1;
  if (size <= 60) {
    *literal_ = static_cast<char>(length << 2);
  } else {
    // The length needs bytes of its own: the literal moves back a little.
    const size_t extra = length < 1 << 8 ? 1 : length < 1 << 16 ? 2 : length < 1 << 24 ? 3 : 4;
    std::memmove(literal_ + 1 + extra, literal_ + 1, size);
    *literal_ = static_cast<char>((59 + extra) << 2);
    for (size_t i = 0; i < extra; ++i) literal_[1 + i] = static_cast<char>(length >> (8 * i));
    out_ += extra;
  }
  literal_ = nullptr;
}

void SnappyWriter::flush_copy() {
  const uint32_t distance = copy_distance_;
  while (copy_size_ != 0) {
    const uint32_t size = std::min<uint32_t>(copy_size_, 64);
    if (distance < 2048 && size >= 4 && size <= 11) {
      *out_++ = static_cast<char>(1 | (size - 4) << 2 | (distance >> 8) << 5);
      *out_++ = static_cast<char>(distance);
    } else if (distance < 65536) {
      *out_++ = static_cast<char>(2 | (size - 1) << 2);
      *out_++ = static_cast<char>(distance);
      *out_++ = static_cast<char>(distance >> 8);
    } else {
      *out_++ = static_cast<char>(3 | (size - 1) << 2);
      std::memcpy(out_, &distance, sizeof distance);
      out_ += sizeof distance;
    }
    copy_size_ -= size;
  }
}

std::string_view SnappyWriter::finish(std::span<char> block, size_t used, uint32_t unpacked) {
  char length[preamble_bytes];
  size_t size = 0;
  while (unpacked >= 0x80) {
    length[size++] = static_cast<char>(unpacked | 0x80);
    unpacked >>= 7;
  }
  length[size++] = static_cast<char>(unpacked);
  char* begin = block.data() + preamble_bytes - size;
  std::memcpy(begin, length, size);
  return {begin, used - preamble_bytes + size};
}

}  // namespace alloy::prometheus::remote_write
