// GELF datagrams from anybody: chunks, compression and JSON; a message that is read can be written
// and read again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "components/loki/source_gelf/message.h"

// Datagrams are divided by line breaks.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  using namespace alloy::loki::source_gelf;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  ManualClock clock;
  Assembler assembler(clock);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const auto payload = assembler.add(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!payload || !*payload) continue;
    const auto unpacked = unpack(**payload);
    if (!unpacked) continue;
    const auto message = parse_message(*unpacked);
    if (!message) continue;
    ASSERT(parse_message(to_json(*message)).has_value());
  }
  return 0;
}
