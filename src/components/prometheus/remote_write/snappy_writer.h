// Writes a snappy block (google/snappy, format_description.txt) directly as literals and copies,
// for a writer that knows itself what repeats: nothing is searched and nothing is written twice.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace alloy::prometheus::remote_write {

// The elements of a block; the length in front of them comes when the block is finished. Copies may
// reach back to its very beginning. The caller sees to it that there is room.
class SnappyWriter {
 public:
  // The block's first bytes are kept free for its length.
  static constexpr size_t preamble_bytes = 5;
  // How many bytes writing `pieces` literals and copies of `size` bytes together takes at most.
  static constexpr size_t bound(size_t size, size_t pieces) { return size + 8 * pieces + 16; }

  void start(std::span<char> block) {
    block_ = block;
    out_ = block.data() + preamble_bytes;
    literal_ = nullptr;
    copy_size_ = 0;
    position_ = 0;
  }

  // The size of what has been written, unpacked.
  uint32_t position() const { return position_; }
  // Room left in the block.
  size_t room() const { return static_cast<size_t>(block_.data() + block_.size() - out_); }

  void literal(const char* bytes, size_t size) {
    if (copy_size_ != 0) flush_copy();
    if (literal_ == nullptr) literal_ = out_++;  // One byte for the tag, for a start.
    std::memcpy(out_, bytes, size);
    out_ += size;
    position_ += static_cast<uint32_t>(size);
  }

  // Repeats `size` bytes from `position` on; they end at or before the current position.
  void copy(uint32_t position, uint32_t size) {
    const uint32_t distance = position_ - position;
    position_ += size;
    if (copy_size_ != 0) {
      if (copy_distance_ == distance) {
        copy_size_ += size;
        return;
      }
      flush_copy();
    }
    if (literal_ != nullptr) flush_literal();
    copy_distance_ = distance;
    copy_size_ = size;
  }

  // Whether copying from this position would only make the open copy longer, which is free.
  bool continues(uint32_t position) const {
    return copy_size_ != 0 && position_ - position == copy_distance_;
  }

  // Closes what is open; returns how many bytes of the block are in use.
  size_t flush() {
    if (literal_ != nullptr) flush_literal();
    if (copy_size_ != 0) flush_copy();
    return static_cast<size_t>(out_ - block_.data());
  }

  // Puts the length before the elements of a block of `used` bytes (as flush() said) and returns
  // the whole, which begins somewhere in the first bytes.
  static std::string_view finish(std::span<char> block, size_t used, uint32_t unpacked);

 private:
  void flush_literal();
  void flush_copy();

  std::span<char> block_;
  char* out_ = nullptr;
  char* literal_ = nullptr;  // The tag of the open literal.
  uint32_t copy_distance_ = 0;
  uint32_t copy_size_ = 0;  // Of the open copy.
  uint32_t position_ = 0;
};

}  // namespace alloy::prometheus::remote_write
