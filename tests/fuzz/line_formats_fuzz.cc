// logfmt and patterns out of log lines, selectors and expressions of configurations. The first
// line is the pattern, selector or expression.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "signals/line_pattern.h"
#include "signals/log_selector.h"
#include "signals/logfmt.h"
#include "signals/search_expression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  Scratch scratch;
  LogfmtReader reader(all, scratch);
  LogfmtReader::Pair pair;
  while (reader.next(pair)) {
    if (pair.key.empty()) __builtin_trap();
  }
  const std::string_view first = all.substr(0, all.find('\n'));
  const std::string_view line = all.substr(std::min(all.size(), first.size() + 1));
  if (const auto pattern = LinePattern::create(first)) {
    std::vector<std::string_view> captures(pattern->names().size());
    if (pattern->match(line, captures) > captures.size()) __builtin_trap();
  }
  if (const auto selector = LogSelector::parse(first)) (void)selector->accepts_line(line);
  if (size < 2000) {
    if (const auto expression = SearchExpression::create(first)) {
      (void)expression->replace_all(line, "<$1>");
    }
  }
  return 0;
}
