#include "queue/segment.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace alloy::queue {
namespace {

constexpr std::string_view segment_suffix = ".segment";
constexpr size_t name_digits = 16;
constexpr size_t search_bytes = 64 << 10;

Result<std::optional<FoundRecord>> read_header(File& file, uint64_t offset, uint64_t limit) {
  std::optional<FoundRecord> found;
  if (offset > limit || limit - offset < record_header_bytes) return found;
  std::array<char, record_header_bytes> bytes;
  TRY(const size_t size, file.read_at(offset, bytes));
  const auto header = decode_record_header({bytes.data(), size});
  if (!header) return found;
  FoundRecord record{.header = *header, .payload_offset = offset + record_header_bytes};
  if (record.end() <= limit) found = record;
  return found;
}

// The next place after `offset` where a header may begin, or `limit`.
Result<uint64_t> find_magic(File& file, uint64_t offset, uint64_t limit) {
  std::string buffer(search_bytes, '\0');
  while (offset < limit) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(buffer.size(), limit - offset));
    TRY(const size_t size, file.read_at(offset, std::span(buffer).first(wanted)));
    const size_t found = find_record_magic({buffer.data(), size});
    if (found != std::string_view::npos) return offset + found;
    // A magic may straddle two reads.
    constexpr size_t overlap = 3;
    if (size <= overlap || size < wanted) return limit;
    offset += size - overlap;
    if (limit - offset <= overlap) return limit;
  }
  return limit;
}

// The last record at or after `offset` with an undamaged payload, whatever it costs to find it.
Result<std::optional<FoundRecord>> find_last_whole(File& file, uint64_t offset, uint64_t limit) {
  std::optional<FoundRecord> last;
  while (true) {
    TRY(const auto found, find_record(file, offset, limit));
    if (!found) return last;
    TRY(const auto payload, read_payload(file, *found));
    if (payload) last = found;
    offset = found->end();
  }
}

}  // namespace

std::string segment_file_name(uint64_t first_sequence) {
  return fmt::format("{:016x}{}", first_sequence, segment_suffix);
}

std::optional<uint64_t> parse_segment_file_name(std::string_view name) {
  if (!name.ends_with(segment_suffix)) return std::nullopt;
  name.remove_suffix(segment_suffix.size());
  uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), sequence, 16);
  if (error != std::errc() || end != name.data() + name.size() || name.size() != name_digits) {
    return std::nullopt;
  }
  return sequence;
}

Result<std::optional<FoundRecord>> find_record(File& file, uint64_t offset, uint64_t limit) {
  while (offset < limit) {
    TRY(auto found, read_header(file, offset, limit));
    if (found) return found;
    TRY(offset, find_magic(file, offset + 1, limit));
  }
  return std::optional<FoundRecord>();
}

Result<std::optional<std::string>> read_payload(File& file, const FoundRecord& record) {
  std::optional<std::string> payload(std::in_place, record.header.payload_bytes, '\0');
  TRY(const size_t size, file.read_at(record.payload_offset, *payload));
  if (size != payload->size() || checksum(*payload) != record.header.payload_checksum) {
    payload.reset();
  }
  return payload;
}

Result<SegmentSummary> summarize_segment(File& file) {
  SegmentSummary summary;
  TRY(const uint64_t size, file.size());
  std::array<char, segment_header_bytes> bytes;
  TRY(const size_t header_size, file.read_at(0, bytes));
  summary.header = decode_segment_header({bytes.data(), header_size});
  const uint64_t begin = summary.header ? segment_header_bytes : 0;
  uint64_t offset = begin;
  std::vector<FoundRecord> tail;  // The last few, to find one whose payload is whole.
  while (true) {
    TRY(const auto found, find_record(file, offset, size));
    if (!found) break;
    if (!summary.first) summary.first = found;
    if (tail.size() == 8) tail.erase(tail.begin());
    tail.push_back(*found);
    offset = found->end();
  }
  for (; !tail.empty() && !summary.last; tail.pop_back()) {
    TRY(const auto payload, read_payload(file, tail.back()));
    if (payload) summary.last = tail.back();
  }
  if (summary.first && !summary.last) {
    TRY(summary.last, find_last_whole(file, begin, size));
  }
  return summary;
}

}  // namespace alloy::queue
