// expect: schema_has_two_fields_of_one_name
#include "schema/fields.h"

namespace {

struct Common {
  int a = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Common::a>("same", "One."));
  }
};

struct Arguments {
  int b = 0;
  Common common;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Arguments::b>("same", "The other."),
                         alloy::inlined<&Arguments::common>());
  }
};

}  // namespace
