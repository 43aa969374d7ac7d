// Push requests and labels of streams from anybody: read without harm, and what was read can be
// written and read again. Requests that a crash cut off can be mended.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "components/loki/write/request.h"
#include "wire/loki_push.h"
#include "wire/loki_push_reader.h"

namespace {

using namespace alloy;

// The entries of a request in one stream of ours.
void write_again(wire::LokiPushRequest& request) {
  const std::vector<LogEntry> entries = request.entries().entries();
  std::string text(wire::loki_stream_bytes("{}"), '\0');
  wire::begin_loki_stream(text.data(), "{}");
  for (const LogEntry& entry : entries) {
    const auto size = wire::measure_loki_entry(entry);
    const size_t at = text.size();
    text.resize(at + size.field);
    ASSERT(wire::write_loki_entry(text.data() + at, entry, size) == text.data() + text.size());
  }
  wire::end_loki_stream(text.data(), text.data() + text.size());
  wire::LokiPushRequest again;
  ASSERT(again.read_protobuf(text).has_value());
  ASSERT(again.entries().entries().size() == entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    ASSERT(again.entries().entries()[i].timestamp_ns == entries[i].timestamp_ns);
    ASSERT(again.entries().entries()[i].line == entries[i].line);
  }
}

void read_labels(std::string_view input) {
  LogBatchBuilder texts;
  std::vector<Label> labels;
  if (!wire::parse_stream_labels(input, texts, labels)) return;
  const std::string text = wire::loki_stream_labels(labels);
  std::vector<Label> again;
  // Names that need quotes are not written so.
  (void)wire::parse_stream_labels(text, texts, again);
}

}  // namespace

// The first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data + 1), size - 1);
  wire::LokiPushRequest request;
  switch (data[0] % 4) {
    case 0:
      if (request.read_protobuf(input)) write_again(request);
      break;
    case 1:
      if (request.read_json(input)) write_again(request);
      break;
    case 2:
      read_labels(input);
      break;
    default: {
      queue::RecordInfo info;
      std::string payload;
      if (loki::write::finish_open_request(std::span(input), info, payload))
        ASSERT(!loki::write::parse_record(payload).body.empty());
    }
  }
  return 0;
}
