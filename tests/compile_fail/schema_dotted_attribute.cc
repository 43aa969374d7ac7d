// expect: schema_has_a_name_that_is_no_identifier
#include "schema/fields.h"

namespace {

struct Arguments {
  int a = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Arguments::a>("a.b", "Only blocks have dots."));
  }
};

}  // namespace
