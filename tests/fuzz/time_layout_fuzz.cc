// Times from log lines, and layouts from configurations. The first line is the layout.
#include <cstdint>
#include <string_view>

#include "base/time_layout.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(input.size(), text.size() + 1));
  const TimeLayout layout(text);
  const auto time = layout.parse(input);
  if (!time) {
    (void)time.error().message(text, input);
    return 0;
  }
  // What a layout writes, it reads.
  const std::string written =
      TimeLayout("2006-01-02T15:04:05.999999999Z07:00")
          .format({.seconds = time->seconds, .nanoseconds = time->nanoseconds});
  const auto again = TimeLayout("2006-01-02T15:04:05.999999999Z07:00").parse(written);
  if (time->year > 0 && time->year < 9999 &&
      (!again || again->seconds != time->seconds || again->nanoseconds != time->nanoseconds)) {
    __builtin_trap();
  }
  (void)TimeZone::parse("fuzzed", input);
  return 0;
}
