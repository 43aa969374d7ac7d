// expect: schema_has_a_field_without_documentation
#include "schema/fields.h"

namespace {

struct Arguments {
  int a = 0;

  static constexpr auto schema() { return alloy::fields(alloy::optional<&Arguments::a>("a", "")); }
};

}  // namespace
