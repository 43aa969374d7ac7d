// expect: schema_has_two_fields_of_one_name
#include "schema/fields.h"

namespace {

struct Arguments {
  int a = 0;
  int b = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Arguments::a>("same", "One."),
                         alloy::optional<&Arguments::b>("same", "The other."));
  }
};

}  // namespace
