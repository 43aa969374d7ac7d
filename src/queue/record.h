// How a record lies in a segment: a header with its own checksum, then the payload.
//
// Each header carries how many items the log held before it, so that a hole (damage, dropped
// segments) can be counted exactly by the record behind it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace alloy::queue {

// How many kinds of item are counted apart; what each means is up to the log's owner.
inline constexpr size_t count_kinds = 4;
struct Counts : std::array<uint64_t, count_kinds> {};

Counts operator+(const Counts& a, const Counts& b);
// Never below zero.
Counts operator-(const Counts& a, const Counts& b);

// What the owner says about a record. Plain data: it is also kept in the open batch's file.
struct RecordInfo {
  uint32_t kind = 0;  // Up to the owner.
  // Records of one lane are in order; those of different lanes (of equally many) are independent.
  uint16_t lane = 0;
  uint16_t lanes = 1;
  std::array<uint32_t, count_kinds> counts = {};
  uint32_t unpacked_bytes = 0;   // Up to the owner; meant for the size before compression.
  uint32_t format = 0;           // Up to the owner.
  int64_t time_min = INT64_MAX;  // Oldest and newest item, in the owner's unit.
  int64_t time_max = INT64_MIN;

  Counts total() const { return {counts[0], counts[1], counts[2], counts[3]}; }
  bool operator==(const RecordInfo&) const = default;
};

struct RecordHeader {
  uint64_t sequence = 0;
  uint32_t payload_bytes = 0;
  int64_t appended_at = 0;     // Milliseconds since the epoch.
  Counts counted_before = {};  // Items in the log before this record, since it began.
  RecordInfo info;
  uint64_t payload_checksum = 0;

  Counts counted_after() const { return counted_before + info.total(); }
};

inline constexpr size_t record_header_bytes = 128;
// A header that claims more is damaged.
inline constexpr uint32_t record_payload_bytes_max = 256u << 20;

std::array<char, record_header_bytes> encode_record_header(const RecordHeader& header);
// Empty unless the bytes are a whole, undamaged header.
std::optional<RecordHeader> decode_record_header(std::string_view bytes);
// Where the next thing that looks like a header may begin, or npos.
size_t find_record_magic(std::string_view bytes);

uint64_t checksum(std::string_view bytes);

// The front of a segment file.
struct SegmentHeader {
  uint64_t first_sequence = 0;
  int64_t created_at = 0;
  Counts counted_before = {};
};

inline constexpr size_t segment_header_bytes = 80;

std::array<char, segment_header_bytes> encode_segment_header(const SegmentHeader& header);
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

struct Record {
  RecordHeader header;
  std::string payload;
  uint64_t offset = 0;  // Of its header in the segment; 0: it isn't in any.
};

}  // namespace alloy::queue
