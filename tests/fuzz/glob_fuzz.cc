// File name patterns: any text parses or is refused, and matches something or not, in bounded time.
#include <string_view>

#include "components/shared/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), std::min<size_t>(size, 200));
  const size_t middle = text.find('\n');
  const auto glob = alloy::Glob::parse(text.substr(0, middle));
  if (!glob) return 0;
  (void)glob->matches(middle == std::string_view::npos ? "/var/log/a.log"
                                                       : text.substr(middle + 1));
  return 0;
}
