// The dialect of MessagePack that gossip uses: the specification before strings and binaries were
// told apart ("raw"), structs as maps with their keys in byte order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace alloy::cluster {

class MsgpackWriter {
 public:
  explicit MsgpackWriter(std::string& out) : out_(out) {}

  void map(size_t members);
  void array(size_t elements);
  void raw(std::string_view bytes);
  void nil() { byte(0xc0); }
  void boolean(bool value) { byte(value ? 0xc3 : 0xc2); }
  void unsigned_integer(uint64_t value);
  // Fields that are signed in the original keep a signed encoding: 200 is d1 00 c8.
  void signed_integer(int64_t value);
  // Values that are encoded already.
  void append(std::string_view encoded) { out_ += encoded; }

 private:
  void byte(unsigned value) { out_ += static_cast<char>(value); }
  void big_endian(uint64_t value, unsigned bytes);
  std::string& out_;
};

// Reads liberally, as the original does: any width and sign that fits, old and new strings,
// arrays of integers as bytes. After an error every further read fails too.
class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  // What follows the values read so far.
  std::string_view rest() const { return bytes_; }

  // A struct is a map, or an array in the order of declaration.
  struct Header {
    size_t count = 0;
    bool is_map = true;
  };
  Header map_or_array();
  bool is_nil() const { return peek() == 0xc0; }
  // nil reads as empty, false or zero.
  std::string raw();
  bool boolean();
  uint64_t unsigned_integer(uint64_t max);
  int64_t signed_integer();
  // Fails this and every further read: the value makes no sense to the caller.
  void reject() {
    ok_ = false;
    bytes_ = {};
  }
  // Passes over one value of any kind.
  void skip();

 private:
  unsigned take();
  unsigned peek() const;
  uint64_t big_endian(unsigned bytes);
  std::optional<size_t> raw_length(unsigned tag);
  std::optional<size_t> array_length(unsigned tag);
  std::optional<size_t> map_length(unsigned tag);
  void skip(int depth);
  void skip_raw();

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace alloy::cluster
