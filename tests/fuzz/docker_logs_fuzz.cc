// The logs of a container as a Docker engine sends them: the lines are the same however the bytes
// are cut on their way.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "components/loki/source_docker/log_stream.h"

namespace {

using namespace alloy::loki::source_docker;

std::vector<LogLine> read(std::string_view bytes, LogStream::Form form, size_t piece) {
  LogStream stream(form);
  std::vector<LogLine> lines;
  for (size_t at = 0; at < bytes.size(); at += piece)
    if (!stream.feed(bytes.substr(at, piece), lines)) return lines;
  stream.finish(lines);
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto form : {LogStream::Form::frames, LogStream::Form::terminal}) {
    const auto whole = read(bytes, form, size + 1);
    const auto pieces = read(bytes, form, 3);
    ASSERT(whole.size() == pieces.size());
    for (size_t i = 0; i < whole.size(); ++i) {
      ASSERT(whole[i].text == pieces[i].text);
      ASSERT(whole[i].timestamp_ns == pieces[i].timestamp_ns);
    }
  }
  return 0;
}
