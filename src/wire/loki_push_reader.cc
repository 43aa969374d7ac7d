// Reading protobuf.
#include "wire/loki_push_reader.h"

#include "wire/protobuf_reader.h"

namespace alloy::wire {
namespace {

// PushRequest, StreamAdapter, EntryAdapter, Timestamp, LabelPairAdapter.
constexpr uint32_t streams_field = 1;
constexpr uint32_t labels_field = 1;
constexpr uint32_t entries_field = 2;
constexpr uint32_t timestamp_field = 1;
constexpr uint32_t line_field = 2;
constexpr uint32_t structured_metadata_field = 3;
constexpr uint32_t parsed_field = 4;
constexpr uint32_t seconds_field = 1;
constexpr uint32_t nanoseconds_field = 2;
constexpr uint32_t name_field = 1;
constexpr uint32_t value_field = 2;

constexpr uint64_t nanoseconds_per_second = 1'000'000'000;

std::unexpected<Error> malformed() { return fail("malformed push request", ErrorKind::invalid); }

Result<int64_t> read_timestamp(std::string_view message) {
  uint64_t time = 0;
  ProtobufReader reader(message);
  while (reader.next()) {
    // Unsigned, so that what is out of range is wrong but defined.
    if (reader.field() == seconds_field) time += reader.number() * nanoseconds_per_second;
    if (reader.field() == nanoseconds_field) time += reader.number();
  }
  if (reader.is_broken()) return malformed();
  return static_cast<int64_t>(time);
}

}  // namespace

Result<void> LokiPushRequest::read_protobuf(std::string body) {
  entries_.clear();
  streams_.clear();
  body_ = std::move(body);
  ProtobufReader reader(body_);
  while (reader.next()) {
    if (reader.field() == streams_field) TRY(read_stream(reader.bytes()));
  }
  if (reader.is_broken()) return malformed();
  return {};
}

Result<void> LokiPushRequest::read_stream(std::string_view message) {
  Stream stream{.begin = entries_.entries().size()};
  std::string_view labels;
  ProtobufReader reader(message);
  while (reader.next()) {
    if (reader.field() == labels_field) labels = reader.bytes();
    if (reader.field() == entries_field) TRY(read_entry(reader.bytes()));
  }
  if (reader.is_broken()) return malformed();
  stream.end = entries_.entries().size();
  take_labels(stream, labels);
  streams_.push_back(std::move(stream));
  return {};
}

void LokiPushRequest::take_labels(Stream& stream, std::string_view text) {
  if (const auto parsed = parse_stream_labels(text, entries_, labels_); !parsed) {
    stream.error = parsed.error().message();
    return;
  }
  stream.labels = entries_.keep_array(labels_);
}

Result<void> LokiPushRequest::read_entry(std::string_view message) {
  LogEntry entry;
  bool has_metadata = false;
  bool has_parsed = false;
  ProtobufReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case timestamp_field: {
        TRY(entry.timestamp_ns, read_timestamp(reader.bytes()));
        break;
      }
      case line_field:
        entry.line = reader.bytes();
        break;
      case structured_metadata_field:
        has_metadata = true;
        break;
      case parsed_field:
        has_parsed = true;
        break;
      default:
        break;
    }
  }
  if (reader.is_broken()) return malformed();
  if (has_metadata) {
    TRY(entry.structured_metadata, read_pairs(message, structured_metadata_field));
  }
  if (has_parsed) {
    TRY(entry.parsed, read_pairs(message, parsed_field));
  }
  entries_.entries().push_back(entry);
  return {};
}

Result<std::span<const Label>> LokiPushRequest::read_pairs(std::string_view message,
                                                           uint32_t field) {
  labels_.clear();
  ProtobufReader reader(message);
  while (reader.next()) {
    if (reader.field() != field) continue;
    Label& pair = labels_.emplace_back();
    ProtobufReader parts(reader.bytes());
    while (parts.next()) {
      if (parts.field() == name_field) pair.name = parts.bytes();
      if (parts.field() == value_field) pair.value = parts.bytes();
    }
    if (parts.is_broken()) return malformed();
  }
  return entries_.keep_array(labels_);
}

}  // namespace alloy::wire
