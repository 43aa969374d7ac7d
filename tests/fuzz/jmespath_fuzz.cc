// Expressions of JMESPath, over a document of their own. The first line is the expression.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "signals/jmespath/jmespath.h"
#include "signals/json/json_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view expression = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), expression.size() + 1));
  const auto path = JmesPath::compile(expression);
  Scratch scratch;
  const auto value = parse_json(text, scratch);
  if (path && value) {
    const auto found = path->search(*value, scratch);
    if (found) (void)to_json(*found);
  }
  return 0;
}
