// expect: Repeated blocks are a std::vector of structs
#include "schema/fields.h"

namespace {

struct Rule {
  int a = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Rule::a>("a", "A number."));
  }
};

struct Arguments {
  Rule rule;

  static constexpr auto schema() {
    return alloy::fields(alloy::blocks<&Arguments::rule>("rule", "Only one."));
  }
};

}  // namespace
