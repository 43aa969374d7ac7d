// positions.yml as somebody else may have written it: what is read is written and read again alike.
#include <cstdlib>
#include <string_view>

#include "components/loki/shared/positions.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::loki;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_legacy_positions(text);
  const auto positions = parse_positions(text);
  if (!positions) return 0;
  const auto again = parse_positions(write_positions(*positions));
  if (!again || again->size() != positions->size()) std::abort();
  return 0;
}
