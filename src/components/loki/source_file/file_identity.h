// Which file it is, whatever it is called: by inode and by what it begins with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "base/error.h"

namespace alloy::loki::source_file {

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor();
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

struct Inode {
  uint64_t device = 0;
  uint64_t number = 0;

  friend bool operator==(const Inode&, const Inode&) = default;
};

// The beginning of a file: how many bytes, and their hash; together in 64 bits, so that it can be
// stored at once. Zero: nothing is known.
class Head {
 public:
  static constexpr size_t size_max = 1024;

  Head() = default;
  explicit Head(uint64_t bits) : bits_(bits) {}
  static Head of(std::string_view beginning);
  // Of the first `size` bytes, or size_max if that is less; zero if the file has not so many.
  static Head of_file(int descriptor, int64_t size);

  uint64_t bits() const { return bits_; }
  int64_t size() const { return static_cast<int64_t>(bits_ & size_mask); }
  bool empty() const { return bits_ == 0; }
  // Whether the file begins like this.
  bool matches(int descriptor) const;
  // The head of the first `size` bytes of a file that still begins like this; nothing if it
  // doesn't.
  std::optional<Head> grown(int descriptor, int64_t size) const;

  friend bool operator==(const Head&, const Head&) = default;

 private:
  static constexpr uint64_t size_mask = 0x7ff;
  uint64_t bits_ = 0;
};

// The bytes just before a place in a file: what tells it from another one that begins with the same
// text, or that was written anew with it.
class Print {
 public:
  static constexpr size_t size_max = 256;

  Print() = default;
  Print(int64_t end, uint64_t bits) : end_(end), bits_(bits) {}
  // Of what was read up to `end`.
  static Print of(std::string_view text, int64_t end);
  static Print of_file(int descriptor, int64_t end);

  int64_t end() const { return end_; }
  uint64_t bits() const { return bits_; }
  // Whether the file has these bytes there, as far as it reaches: one that is shorter agrees.
  bool agrees(int descriptor) const;

  friend bool operator==(const Print&, const Print&) = default;

 private:
  int64_t end_ = 0;
  uint64_t bits_ = 0;  // The size and hash of the bytes, as those of Head; 0: nothing is known.
};

struct FileInfo {
  Inode inode;
  int64_t size = 0;
  int64_t modified_ns = 0;
  int64_t born_ns = 0;  // When the inode was made; when it was changed last, if that isn't known.
  bool is_birth_known = false;
  uint64_t links = 0;
  bool is_regular = false;
  bool is_directory = false;
};

// What is known of a file that may be called anything by now.
struct Identity {
  Inode inode;
  Head head = {};
  // Without a head and a time of birth, the inode must not be younger: numbers are used again.
  int64_t born_max_ns = 0;
  int64_t born_ns = 0;  // 0: not known.
  Print print = {};
};

// Errors as those of Error::from_errno(). Both block.
Result<FileInfo> inspect(const std::string& path);
Result<FileInfo> inspect(int descriptor);
// Opens for reading.
Result<Descriptor> open_file(const std::string& path);

}  // namespace alloy::loki::source_file
