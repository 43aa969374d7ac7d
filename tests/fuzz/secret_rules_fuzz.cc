// Rule files of loki.secretfilter: TOML, and what is made of it.
#include <cstdint>
#include <string_view>

#include "components/loki/secretfilter/detector.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::loki::secretfilter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = parse_rules(text);
  if (!rules) return 0;
  const Detector detector(*rules);
  for (const Finding& finding : detector.find(text, [] { return false; })) {
    if (finding.secret.empty() || !text.contains(finding.secret)) __builtin_trap();
  }
  return 0;
}
