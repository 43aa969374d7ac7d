// Whatever resources and rulers say, reading rules of it and adding matchers to queries ends; a
// query with matchers gets no others when they are added again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "components/shared/rules/query_matchers.h"
#include "components/shared/rules/rule_groups.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::rules;
  constexpr size_t size_max = 10'000;
  if (size > size_max) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<QueryMatcher> matchers = {{"a", "b", "="}};
  for (const auto language : {QueryLanguage::promql, QueryLanguage::logql}) {
    const auto once = add_matchers(text, matchers, language);
    if (!once) continue;
    const auto twice = add_matchers(*once, matchers, language);
    if (!twice || *twice != *once) std::abort();
  }
  if (const auto document = alloy::JsonDocument::parse(text)) {
    const auto object = rule_resource_type.decode(document->root());
    for (const RuleGroup& group : static_cast<const RuleResource&>(*object).groups)
      (void)group.to_yaml();
  }
  if (const auto groups = parse_rule_groups(std::string(text)))
    for (const auto& [name, list] : *groups)
      for (const RuleGroup& group : list) (void)group.to_yaml();
  return 0;
}
