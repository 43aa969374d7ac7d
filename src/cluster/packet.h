// The layers around messages on the wire, from the outside in:
//
//   packet  = [label header] [checksum] [compress] message | compound of messages
//   frame   = 0xCC length(2) packet, or 0xCD length(4) packet above 65535 bytes
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cluster/limits.h"

namespace alloy::cluster {

// Several messages as one; at most 255 parts of at most 65535 bytes each (asserted).
std::string make_compound(std::span<const std::string> parts);
inline constexpr size_t compound_parts_max = 255;
inline constexpr size_t compound_part_bytes_max = 65535;

enum class Checksum : uint8_t { none, crc32 };

// Packs a message for the wire: compressed if that is shorter.
std::string make_packet(std::string_view message, std::string_view label, Checksum checksum);
// A message for a stream: always compressed, its label in front.
std::string make_stream(std::string_view message, std::string_view label);

// What stands in front of everything in a cluster with a name; nothing in one without.
std::string label_header(std::string_view label);

// The messages in a packet, in order, without any of the layers.
// Errors, by their kinds (reason_of()): an unacceptable label, a bad checksum, more than a packet
// may have, anything malformed.
// Truncated parts at the end of a compound are left out and counted.
struct Unpacked {
  std::vector<std::string> messages;
  size_t truncated_parts = 0;
};
Result<Unpacked> unpack(std::string_view packet, std::string_view label);

// The bytes after the label header of a stream, if its label is ours.
Result<std::string_view> strip_label(std::string_view bytes, std::string_view label);

// Removes the compression of a message, if it has one.
Result<std::string> decompress_message(std::string_view message);

void append_frame(std::string& out, std::string_view payload);

// Cuts a byte stream back into the payloads of its frames, however it was chopped up.
class FrameReader {
 public:
  explicit FrameReader(size_t payload_bytes_max = message_bytes_max)
      : payload_bytes_max_(payload_bytes_max) {}

  // Appends the payloads that are now complete to `out`. Fails at a wrong magic byte or an
  // oversized payload; the reader is then of no further use.
  Result<void> feed(std::string_view bytes, std::vector<std::string>& out);
  // Whether the stream may end here.
  bool at_boundary() const { return pending_.empty(); }
  // What it holds of a frame that is not complete.
  size_t held_bytes() const { return pending_.size(); }

 private:
  size_t payload_bytes_max_;
  std::string pending_;
};

}  // namespace alloy::cluster
