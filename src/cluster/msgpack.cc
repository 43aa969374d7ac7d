#include "cluster/msgpack.h"

#include <limits>

namespace alloy::cluster {
namespace {

// Nested values deeper than this are refused: nothing in the protocol needs it.
constexpr int depth_max = 16;

}  // namespace

void MsgpackWriter::big_endian(uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) byte(static_cast<unsigned>(value >> (8 * i) & 0xFF));
}

void MsgpackWriter::map(size_t members) {
  if (members < 16) return byte(0x80 | static_cast<unsigned>(members));
  byte(members <= 0xFFFF ? 0xde : 0xdf);
  big_endian(members, members <= 0xFFFF ? 2 : 4);
}

void MsgpackWriter::array(size_t elements) {
  if (elements < 16) return byte(0x90 | static_cast<unsigned>(elements));
  byte(elements <= 0xFFFF ? 0xdc : 0xdd);
  big_endian(elements, elements <= 0xFFFF ? 2 : 4);
}

void MsgpackWriter::raw(std::string_view bytes) {
  if (bytes.size() < 32) {
    byte(0xa0 | static_cast<unsigned>(bytes.size()));
  } else {
    byte(bytes.size() <= 0xFFFF ? 0xda : 0xdb);
    big_endian(bytes.size(), bytes.size() <= 0xFFFF ? 2 : 4);
  }
  out_ += bytes;
}

void MsgpackWriter::unsigned_integer(uint64_t value) {
  if (value <= 0x7F) return byte(static_cast<unsigned>(value));
  const unsigned bytes = value <= 0xFF ? 1 : value <= 0xFFFF ? 2 : value <= 0xFFFFFFFF ? 4 : 8;
  byte(bytes == 1 ? 0xcc : bytes == 2 ? 0xcd : bytes == 4 ? 0xce : 0xcf);
  big_endian(value, bytes);
}

void MsgpackWriter::signed_integer(int64_t value) {
  if (value >= -32 && value <= 127) return byte(static_cast<unsigned>(value) & 0xFF);
  const auto fits = [&](auto limits) { return value >= limits.min() && value <= limits.max(); };
  const unsigned bytes = fits(std::numeric_limits<int8_t>{})    ? 1
                         : fits(std::numeric_limits<int16_t>{}) ? 2
                         : fits(std::numeric_limits<int32_t>{}) ? 4
                                                                : 8;
  byte(bytes == 1 ? 0xd0 : bytes == 2 ? 0xd1 : bytes == 4 ? 0xd2 : 0xd3);
  big_endian(static_cast<uint64_t>(value), bytes);
}

unsigned MsgpackReader::take() {
  if (bytes_.empty()) {
    reject();
    return 0xc0;
  }
  const unsigned first = static_cast<unsigned char>(bytes_[0]);
  bytes_.remove_prefix(1);
  return first;
}

unsigned MsgpackReader::peek() const {
  return bytes_.empty() ? 0xc0 : static_cast<unsigned char>(bytes_[0]);
}

uint64_t MsgpackReader::big_endian(unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value = value << 8 | take();
  return value;
}

std::optional<size_t> MsgpackReader::raw_length(unsigned tag) {
  if ((tag & 0xE0) == 0xa0) return tag & 0x1F;
  switch (tag) {
    case 0xc4:
    case 0xd9:
      return big_endian(1);
    case 0xc5:
    case 0xda:
      return big_endian(2);
    case 0xc6:
    case 0xdb:
      return big_endian(4);
    default:
      return std::nullopt;
  }
}

std::optional<size_t> MsgpackReader::array_length(unsigned tag) {
  if ((tag & 0xF0) == 0x90) return tag & 0x0F;
  if (tag == 0xdc) return big_endian(2);
  if (tag == 0xdd) return big_endian(4);
  return std::nullopt;
}

std::optional<size_t> MsgpackReader::map_length(unsigned tag) {
  if ((tag & 0xF0) == 0x80) return tag & 0x0F;
  if (tag == 0xde) return big_endian(2);
  if (tag == 0xdf) return big_endian(4);
  return std::nullopt;
}

MsgpackReader::Header MsgpackReader::map_or_array() {
  const unsigned tag = take();
  Header header;
  if (const auto members = map_length(tag)) {
    header = {*members, true};
  } else if (const auto elements = array_length(tag)) {
    header = {*elements, false};
  } else if (tag != 0xc0) {
    reject();
  }
  // Every member takes at least a byte: a larger count is a lie that must not cost memory.
  if (header.count > bytes_.size()) reject();
  return ok_ ? header : Header{};
}

std::string MsgpackReader::raw() {
  const unsigned tag = take();
  if (tag == 0xc0) return {};
  if (const auto length = raw_length(tag)) {
    if (*length > bytes_.size()) {
      reject();
      return {};
    }
    std::string out(bytes_.substr(0, *length));
    bytes_.remove_prefix(*length);
    return out;
  }
  const auto elements = array_length(tag);
  if (!elements || *elements > bytes_.size()) {
    reject();
    return {};
  }
  std::string out;
  for (size_t i = 0; i < *elements && ok_; ++i) out += static_cast<char>(unsigned_integer(0xFF));
  return out;
}

bool MsgpackReader::boolean() {
  const unsigned tag = take();
  if (tag != 0xc0 && tag != 0xc2 && tag != 0xc3) reject();
  return tag == 0xc3;
}

int64_t MsgpackReader::signed_integer() {
  const unsigned tag = take();
  if (tag <= 0x7F) return tag;
  if (tag >= 0xe0) return static_cast<int8_t>(tag);
  switch (tag) {
    case 0xc0:
      return 0;
    case 0xcc:
      return static_cast<int64_t>(big_endian(1));
    case 0xcd:
      return static_cast<int64_t>(big_endian(2));
    case 0xce:
      return static_cast<int64_t>(big_endian(4));
    case 0xcf: {
      const uint64_t value = big_endian(8);
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) reject();
      return static_cast<int64_t>(value);
    }
    case 0xd0:
      return static_cast<int8_t>(big_endian(1));
    case 0xd1:
      return static_cast<int16_t>(big_endian(2));
    case 0xd2:
      return static_cast<int32_t>(big_endian(4));
    case 0xd3:
      return static_cast<int64_t>(big_endian(8));
    default:
      reject();
      return 0;
  }
}

uint64_t MsgpackReader::unsigned_integer(uint64_t max) {
  if (peek() == 0xcf) {
    take();
    const uint64_t value = big_endian(8);
    if (value > max) reject();
    return ok_ ? value : 0;
  }
  const bool is_signed_16_or_wider = peek() >= 0xd1 && peek() <= 0xd3;
  int64_t value = signed_integer();
  // The original writes some 16-bit fields with a signed tag and reads them back by their bits.
  if (value < 0 && is_signed_16_or_wider && max == 0xFFFF) value &= 0xFFFF;
  if (value < 0 || static_cast<uint64_t>(value) > max) reject();
  return ok_ ? static_cast<uint64_t>(value) : 0;
}

void MsgpackReader::skip() { skip(0); }

void MsgpackReader::skip_raw() {
  const auto length = raw_length(take());
  if (!length || *length > bytes_.size()) return reject();
  bytes_.remove_prefix(*length);
}

void MsgpackReader::skip(int depth) {
  if (depth > depth_max) return reject();
  const unsigned tag = peek();
  if (tag <= 0x7F || tag >= 0xe0 || (tag >= 0xcc && tag <= 0xd3)) {
    if (tag == 0xcf) {
      take();
      big_endian(8);
    } else {
      signed_integer();
    }
  } else if (tag == 0xc0 || tag == 0xc2 || tag == 0xc3) {
    take();
  } else if (tag == 0xca || tag == 0xcb) {
    take();
    big_endian(tag == 0xca ? 4 : 8);
  } else if ((tag & 0xE0) == 0xa0 || (tag >= 0xc4 && tag <= 0xc6) || (tag >= 0xd9 && tag <= 0xdb)) {
    skip_raw();
  } else {
    const Header header = map_or_array();
    for (size_t i = 0; i < header.count * (header.is_map ? 2 : 1) && ok_; ++i) skip(depth + 1);
  }
}

}  // namespace alloy::cluster
