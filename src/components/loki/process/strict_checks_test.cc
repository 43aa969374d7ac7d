#include <doctest/doctest.h>

#include "components/loki/process/stage_arguments.h"

namespace alloy::loki::process {
namespace {

template <class Arguments>
std::string first_mistake(const Arguments& arguments) {
  const auto found = arguments.check_strictly();
  return found.empty() ? "" : std::string(found[0].field) + ": " + found[0].message;
}

TEST_CASE("strictly, texts of stages have to parse") {
  CHECK(first_mistake(RegexArguments{.expression = "(?P<x>a)"}) == "");
  CHECK(first_mistake(RegexArguments{.expression = "(a"}) ==
        "expression: error parsing regexp: missing closing ): `(a`");
  CHECK(first_mistake(DropArguments{.expression = "["}).starts_with("expression: "));
  CHECK(first_mistake(MultilineArguments{.firstline = "["}).starts_with("firstline: "));
  CHECK(first_mistake(ReplaceArguments{.expression = "a", .replace = "{{ nope }}"})
            .starts_with("replace: "));
  CHECK(first_mistake(MatchArguments{.selector = "{a=\"b\"}"}) == "");
  CHECK(first_mistake(MatchArguments{.selector = "{a="}).starts_with("selector: "));
  CHECK(first_mistake(PatternArguments{.pattern = "<a><b>"}).starts_with("pattern: "));
}

TEST_CASE("strictly, what is missing is somebody else's concern") {
  CHECK(first_mistake(DropArguments{}) == "");
  CHECK(first_mistake(MatchArguments{}) == "");
}

}  // namespace
}  // namespace alloy::loki::process
