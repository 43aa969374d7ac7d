// expect: schema_uses_a_reserved_name
#include "schema/fields.h"

namespace {

struct Arguments {
  int a = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Arguments::a>("null", "A number."));
  }
};

}  // namespace
