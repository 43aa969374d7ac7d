// Reading records out of a segment file that may be damaged anywhere.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "queue/file_system.h"
#include "queue/record.h"

namespace alloy::queue {

// "00000000000000a1.segment": named after its first record, so that names sort by age.
std::string segment_file_name(uint64_t first_sequence);
std::optional<uint64_t> parse_segment_file_name(std::string_view name);

struct FoundRecord {
  RecordHeader header;
  uint64_t payload_offset = 0;

  uint64_t end() const { return payload_offset + header.payload_bytes; }
};

// The first record at or after `offset` whose header is undamaged and that ends at or before
// `limit`; damaged bytes are passed over. Empty when there is none. Fails only when reading does.
Result<std::optional<FoundRecord>> find_record(File& file, uint64_t offset, uint64_t limit);

// Empty when the payload is damaged.
Result<std::optional<std::string>> read_payload(File& file, const FoundRecord& record);

// What a scan of a whole segment, header by header, says about it.
struct SegmentSummary {
  std::optional<SegmentHeader> header;
  std::optional<FoundRecord> first;
  std::optional<FoundRecord> last;  // With an undamaged payload; empty when no record has one.
};

Result<SegmentSummary> summarize_segment(File& file);

}  // namespace alloy::queue
