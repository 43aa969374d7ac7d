// Whatever a container writes and an API server says, reading a log ends, hands on no byte that is
// not in it, and goes on from any position.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "components/loki/shared/pod_tail/pod_log_reader.h"
#include "components/loki/shared/pod_tail/pod_state.h"
#include "components/loki/shared/pod_tail/pod_tailers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::loki;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)has_container_ended(text, "c", "u", {});
  (void)misses_rotation(text);
  const auto position = parse_exact_position(text.substr(0, text.find('\n')));
  PodLogReader reader(position.value_or(PodLogPosition{}));
  std::vector<PodLogLine> lines;
  const size_t used = reader.read(text, PodLogReader::Part::more_to_come, 1, lines);
  if (used > text.size()) std::abort();
  (void)reader.read(text.substr(used), PodLogReader::Part::last, 1, lines);
  size_t bytes = 0;
  for (const PodLogLine& line : lines) bytes += line.text.size();
  if (bytes > text.size()) std::abort();
  if (parse_exact_position(format_exact_position(reader.position())) != reader.position())
    std::abort();
  return 0;
}
