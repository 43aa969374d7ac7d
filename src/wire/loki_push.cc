// Writing push requests.
#include "wire/loki_push.h"

#include <cstring>

#include "base/text.h"
#include "wire/protobuf_reader.h"
#include "wire/protobuf_writer.h"

namespace alloy::wire {
namespace {

// PushRequest.streams, and the fields of StreamAdapter, EntryAdapter, Timestamp and
// LabelPairAdapter.
constexpr char streams_tag = 0x0a;
constexpr char labels_tag = 0x0a;
constexpr char entry_tag = 0x12;
constexpr char timestamp_tag = 0x0a;
constexpr char seconds_tag = 0x08;
constexpr char nanoseconds_tag = 0x10;
constexpr char line_tag = 0x12;
constexpr char structured_metadata_tag = 0x1a;
constexpr char parsed_tag = 0x22;
constexpr char name_tag = 0x0a;
constexpr char value_tag = 0x12;

constexpr int64_t nanoseconds_per_second = 1'000'000'000;

using protobuf::varint_size;
using protobuf::write_varint;

// Sizes of fields with their heads; an empty text is left out, as proto3 does.
size_t text_size(std::string_view text) {
  return text.empty() ? 0 : 1 + varint_size(text.size()) + text.size();
}
size_t pair_size(const Label& pair) { return text_size(pair.name) + text_size(pair.value); }
size_t pairs_size(std::span<const Label> pairs) {
  size_t size = 0;
  for (const Label& pair : pairs) {
    const size_t message = pair_size(pair);
    size += 1 + varint_size(message) + message;
  }
  return size;
}

char* write_text(char* out, char tag, std::string_view text) {
  if (text.empty()) return out;
  *out++ = tag;
  out = write_varint(out, text.size());
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}
char* write_pairs(char* out, char tag, std::span<const Label> pairs) {
  for (const Label& pair : pairs) {
    *out++ = tag;
    out = write_varint(out, pair_size(pair));
    out = write_text(out, name_tag, pair.name);
    out = write_text(out, value_tag, pair.value);
  }
  return out;
}

struct Time {
  uint64_t seconds;
  uint64_t nanoseconds;
};
// Nanoseconds are never negative.
Time split(int64_t timestamp_ns) {
  int64_t seconds = timestamp_ns / nanoseconds_per_second;
  int64_t rest = timestamp_ns % nanoseconds_per_second;
  if (rest < 0) {
    rest += nanoseconds_per_second;
    --seconds;
  }
  return {static_cast<uint64_t>(seconds), static_cast<uint64_t>(rest)};
}

size_t read_stream_size(const char* head) {
  size_t size = 0;
  for (size_t i = 1; i < loki_stream_head_bytes; ++i)
    size |= size_t{static_cast<unsigned char>(head[i]) & 0x7fU} << (7 * (i - 1));
  return size;
}

}  // namespace

std::string loki_stream_labels(std::span<const Label> labels) {
  std::string text = "{";
  for (const Label& label : labels) {
    if (label.name.starts_with("__")) continue;
    if (text.size() > 1) text += ", ";
    text += label.name;
    text += '=';
    append_quoted(text, label.value);
  }
  text += '}';
  return text;
}

LokiEntrySize measure_loki_entry(const LogEntry& entry) {
  LokiEntrySize size;
  const auto [seconds, nanoseconds] = split(entry.timestamp_ns);
  if (seconds != 0) size.timestamp += 1 + varint_size(seconds);
  if (nanoseconds != 0) size.timestamp += 1 + varint_size(nanoseconds);
  size.message = 2 + size.timestamp + text_size(entry.line);
  if (!entry.structured_metadata.empty()) size.message += pairs_size(entry.structured_metadata);
  if (!entry.parsed.empty()) size.message += pairs_size(entry.parsed);
  size.field = 1 + varint_size(size.message) + size.message;
  return size;
}

char* write_loki_entry(char* out, const LogEntry& entry, const LokiEntrySize& size) {
  *out++ = entry_tag;
  out = write_varint(out, size.message);
  *out++ = timestamp_tag;
  *out++ = static_cast<char>(size.timestamp);
  const auto [seconds, nanoseconds] = split(entry.timestamp_ns);
  if (seconds != 0) {
    *out++ = seconds_tag;
    out = write_varint(out, seconds);
  }
  if (nanoseconds != 0) {
    *out++ = nanoseconds_tag;
    out = write_varint(out, nanoseconds);
  }
  out = write_text(out, line_tag, entry.line);
  out = write_pairs(out, structured_metadata_tag, entry.structured_metadata);
  return write_pairs(out, parsed_tag, entry.parsed);
}

size_t loki_stream_bytes(std::string_view labels) {
  return loki_stream_head_bytes + text_size(labels);
}

char* begin_loki_stream(char* out, std::string_view labels) {
  *out = streams_tag;
  char* const end = write_text(out + loki_stream_head_bytes, labels_tag, labels);
  end_loki_stream(out, out + loki_stream_head_bytes);
  return end;
}

// A varint may be longer than it need be: four bytes hold any length that is allowed here.
void end_loki_stream(char* begin, const char* end) {
  auto size = static_cast<uint32_t>(end - begin) - static_cast<uint32_t>(loki_stream_head_bytes);
  for (size_t i = 1; i < loki_stream_head_bytes; ++i, size >>= 7) {
    const bool is_last = i + 1 == loki_stream_head_bytes;
    begin[i] = static_cast<char>(is_last ? size & 0x7f : size | 0x80);
  }
}

void mend_loki_request(std::span<char> request) {
  char* const end = request.data() + request.size();
  for (char* at = request.data(); end - at >= ptrdiff_t{loki_stream_head_bytes};) {
    const size_t size = read_stream_size(at);
    const auto room = static_cast<size_t>(end - at) - loki_stream_head_bytes;
    if (size == 0 || size > room) return end_loki_stream(at, end);
    at += loki_stream_head_bytes + size;
  }
}

Result<LokiStreamFields> take_loki_stream(std::string_view& request) {
  constexpr auto malformed = "not a push request of ours";
  if (request.size() < loki_stream_head_bytes || request[0] != streams_tag) return fail(malformed);
  const size_t size = read_stream_size(request.data());
  request.remove_prefix(loki_stream_head_bytes);
  if (size > request.size()) return fail(malformed);
  std::string_view rest = request.substr(0, size);
  request.remove_prefix(size);
  if (rest.empty() || rest[0] != labels_tag) return fail(malformed);
  ProtobufReader reader(rest);
  if (!reader.next()) return fail(malformed);
  LokiStreamFields fields{.labels = reader.bytes()};
  const char* entries = fields.labels.data() + fields.labels.size();
  fields.entries = {entries, static_cast<size_t>(rest.data() + rest.size() - entries)};
  return fields;
}

}  // namespace alloy::wire
