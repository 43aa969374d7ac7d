// Syslog messages and streams from anybody: read without harm; what is read of RFC 5424 can be
// written and read again, and no byte of a stream is lost or doubled by splitting it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "components/loki/source_syslog/splitter.h"
#include "wire/syslog.h"

namespace {

using namespace alloy;
using loki::source_syslog::Splitter;

void read_message(std::string_view text) {
  wire::SyslogMessage message;
  if (wire::parse_rfc5424(text, message)) {
    const std::string again = wire::format_rfc5424(message);
    wire::SyslogMessage copy;
    ASSERT(wire::parse_rfc5424(again, copy).has_value());
    ASSERT(copy.message == message.message);
    ASSERT(copy.parameters.size() == message.parameters.size());
  }
  const wire::Rfc3164Options cisco = {.message_counter = true,
                                      .sequence_number = true,
                                      .cisco_hostname = true,
                                      .second_fractions = true,
                                      .now_ns = 1'795'000'000'000'000'000};
  (void)wire::parse_rfc3164(text, cisco, message);
  (void)wire::parse_rfc3164(text, {.now_ns = 0}, message);
  wire::parse_syslog_line(text, message);
}

size_t split(std::string_view stream, size_t piece, Splitter::Options options) {
  Splitter splitter(options);
  size_t total = 0;
  const auto take = [&] {
    while (const auto message = splitter.next()) total += message->size();
  };
  for (size_t at = 0; at < stream.size(); at += piece) {
    splitter.add(stream.substr(at, piece));
    take();
  }
  splitter.finish();
  take();
  return total;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  read_message(input);
  for (const size_t piece : {size_t{1}, size_t{7}, size + 1}) {
    ASSERT(split(input, piece, {}) <= size);
    ASSERT(split(input, piece, {.is_raw = true}) <= size);
    ASSERT(split(input, piece, {.is_raw = true, .delimiter = '\0'}) <= size);
  }
  return 0;
}
