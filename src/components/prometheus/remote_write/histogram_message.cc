#include "components/prometheus/remote_write/histogram_message.h"

#include <vector>

#include "components/prometheus/remote_write/protobuf.h"

namespace alloy::prometheus::remote_write {
namespace {

using namespace protobuf;

void append_spans(std::string& out, uint32_t field, const std::vector<BucketSpan>& spans) {
  for (const BucketSpan& span : spans) {
    std::string message;
    if (span.offset != 0) append_varint_field(message, 1, zigzag(span.offset));
    if (span.length != 0) append_varint_field(message, 2, span.length);
    append_bytes_field(out, field, message);
  }
}

void append_deltas(std::string& out, uint32_t field, const std::vector<int64_t>& deltas) {
  if (deltas.empty()) return;
  std::string packed;
  for (const int64_t delta : deltas) append_varint(packed, zigzag(delta));
  append_bytes_field(out, field, packed);
}

void append_doubles(std::string& out, uint32_t field, const std::vector<double>& values) {
  if (values.empty()) return;
  std::string packed;
  for (const double value : values) append_double(packed, value);
  append_bytes_field(out, field, packed);
}

}  // namespace

std::string histogram_message(const NativeHistogram& h, int64_t timestamp_ms) {
  std::string out;
  if (h.is_float) {
    append_double_field(out, 2, h.count_float);
  } else {
    append_varint_field(out, 1, h.count);
  }
  if (std::bit_cast<uint64_t>(h.sum) != 0) append_double_field(out, 3, h.sum);
  if (h.schema != 0) append_varint_field(out, 4, zigzag(h.schema));
  if (h.zero_threshold != 0) append_double_field(out, 5, h.zero_threshold);
  // Of the two kinds of count exactly one is there, also when it is zero.
  if (h.is_float) {
    append_double_field(out, 7, h.zero_count_float);
  } else {
    append_varint_field(out, 6, h.zero_count);
  }
  append_spans(out, 8, h.negative_spans);
  append_deltas(out, 9, h.negative_deltas);
  append_doubles(out, 10, h.negative_counts);
  append_spans(out, 11, h.positive_spans);
  append_deltas(out, 12, h.positive_deltas);
  append_doubles(out, 13, h.positive_counts);
  if (h.reset_hint != NativeHistogram::ResetHint::unknown) {
    append_varint_field(out, 14, static_cast<uint64_t>(h.reset_hint));
  }
  if (timestamp_ms != 0) append_varint_field(out, 15, static_cast<uint64_t>(timestamp_ms));
  if (!h.custom_bounds.empty()) {
    std::string packed;
    for (const double bound : h.custom_bounds) append_double(packed, bound);
    append_varint(out, 16 << 3 | 2);  // A field number that needs two bytes.
    append_varint(out, packed.size());
    out += packed;
  }
  return out;
}

void append_histogram_created(std::string& message, int64_t created_ms) {
  append_varint(message, 17 << 3);
  append_varint(message, static_cast<uint64_t>(created_ms));
}

}  // namespace alloy::prometheus::remote_write
