#include "cluster/packet.h"

#include <fmt/format.h>
#include <zlib.h>

#include "base/text.h"
#include "cluster/lzw.h"
#include "cluster/messages.h"

namespace alloy::cluster {
namespace {

constexpr uint8_t lzw_algorithm = 0;
constexpr unsigned char short_frame = 0xCC;
constexpr unsigned char long_frame = 0xCD;
// Compression and compounds may nest; real nodes use two levels.
constexpr int nesting_max = 4;

unsigned byte_at(std::string_view text, size_t at) { return static_cast<unsigned char>(text[at]); }

bool is_type(std::string_view message, MessageType type) {
  return !message.empty() && byte_at(message, 0) == static_cast<unsigned>(type);
}

uint32_t read_big_endian(std::string_view text, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value = value << 8 | byte_at(text, i);
  return value;
}

void append_big_endian(std::string& out, size_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

uint32_t crc32_of(std::string_view bytes) {
  return static_cast<uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string compress_message(std::string_view message) {
  return encode(Compressed{lzw_algorithm, lzw_compress(message)});
}

Result<void> unpack_message(std::string_view message, int depth, size_t& budget, Unpacked& out) {
  if (depth > nesting_max) return fail("packet nested too deeply", ErrorKind::invalid);
  if (message.empty()) return fail("empty message", ErrorKind::invalid);
  if (is_type(message, MessageType::compress)) {
    TRY(const Compressed compressed, decode_compressed(message.substr(1)));
    if (compressed.algorithm != lzw_algorithm)
      return fail(fmt::format("unknown compression {}", compressed.algorithm), ErrorKind::invalid);
    TRY(const std::string inner, lzw_decompress(compressed.buffer, budget));
    budget -= inner.size();
    return unpack_message(inner, depth + 1, budget, out);
  }
  if (!is_type(message, MessageType::compound)) {
    if (out.messages.size() == packet_messages_max)
      return fail("too many messages in a packet", ErrorKind::full);
    out.messages.emplace_back(message);
    return {};
  }
  if (message.size() < 2) return fail("compound without its count", ErrorKind::invalid);
  const size_t parts = byte_at(message, 1);
  std::string_view lengths = message.substr(2);
  if (lengths.size() < 2 * parts) return fail("compound without its lengths", ErrorKind::invalid);
  std::string_view bodies = lengths.substr(2 * parts);
  for (size_t i = 0; i < parts; ++i) {
    const size_t length = read_big_endian(lengths.substr(2 * i), 2);
    if (length > bodies.size()) {
      out.truncated_parts = parts - i;
      return {};
    }
    TRY(unpack_message(bodies.substr(0, length), depth + 1, budget, out));
    bodies.remove_prefix(length);
  }
  return {};
}

}  // namespace

std::string make_compound(std::span<const std::string> parts) {
  ASSERT(parts.size() <= compound_parts_max);
  std::string out(1, static_cast<char>(MessageType::compound));
  out += static_cast<char>(parts.size());
  for (const std::string& part : parts) {
    ASSERT(part.size() <= compound_part_bytes_max);
    append_big_endian(out, part.size(), 2);
  }
  for (const std::string& part : parts) out += part;
  return out;
}

std::string label_header(std::string_view label) {
  if (label.empty()) return {};
  ASSERT(label.size() <= label_bytes_max);
  std::string out(1, static_cast<char>(MessageType::label));
  out += static_cast<char>(label.size());
  return out += label;
}

std::string make_packet(std::string_view message, std::string_view label, Checksum checksum) {
  const std::string compressed = compress_message(message);
  const std::string_view body = compressed.size() < message.size() ? compressed : message;
  std::string out = label_header(label);
  if (checksum == Checksum::crc32) {
    out += static_cast<char>(MessageType::has_crc);
    append_big_endian(out, crc32_of(body), 4);
  }
  return out += body;
}

std::string make_stream(std::string_view message, std::string_view label) {
  return label_header(label) + compress_message(message);
}

Result<std::string_view> strip_label(std::string_view bytes, std::string_view label) {
  std::string_view theirs;
  if (is_type(bytes, MessageType::label)) {
    const size_t length = bytes.size() < 2 ? 0 : byte_at(bytes, 1);
    if (length == 0 || bytes.size() < 2 + length)
      return fail("malformed label header", ErrorKind::invalid);
    theirs = bytes.substr(2, length);
    bytes.remove_prefix(2 + length);
  }
  if (theirs != label)
    return fail(fmt::format("unacceptable label {}", quote(theirs)), ErrorKind::not_found);
  return bytes;
}

Result<std::string> decompress_message(std::string_view message) {
  Unpacked out;
  size_t budget = message_bytes_max;
  TRY(unpack_message(message, 0, budget, out));
  if (out.messages.size() != 1) return fail("expected a single message", ErrorKind::invalid);
  return std::move(out.messages.front());
}

Result<Unpacked> unpack(std::string_view packet, std::string_view label) {
  TRY(std::string_view body, strip_label(packet, label));
  if (is_type(body, MessageType::has_crc) && body.size() >= 5) {
    const uint32_t expected = read_big_endian(body.substr(1), 4);
    body.remove_prefix(5);
    if (crc32_of(body) != expected) return fail("invalid checksum", ErrorKind::failed);
  }
  Unpacked out;
  size_t budget = message_bytes_max;
  TRY(unpack_message(body, 0, budget, out));
  return out;
}

void append_frame(std::string& out, std::string_view payload) {
  const bool is_short = payload.size() <= 0xFFFF;
  out += static_cast<char>(is_short ? short_frame : long_frame);
  append_big_endian(out, payload.size(), is_short ? 2 : 4);
  out += payload;
}

Result<void> FrameReader::feed(std::string_view bytes, std::vector<std::string>& out) {
  pending_ += bytes;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const unsigned magic = byte_at(rest, 0);
    if (magic != short_frame && magic != long_frame)
      return fail(fmt::format("invalid frame magic 0x{:02x}", magic), ErrorKind::invalid);
    const size_t header = magic == short_frame ? 3 : 5;
    if (rest.size() < header) break;
    const size_t length = read_big_endian(rest.substr(1), header - 1);
    if (length > payload_bytes_max_)
      return fail(fmt::format("frame of {} bytes is too large", length), ErrorKind::full);
    if (rest.size() < header + length) break;
    out.emplace_back(rest.substr(header, length));
    rest.remove_prefix(header + length);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return {};
}

}  // namespace alloy::cluster
