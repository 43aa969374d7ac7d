// expect: Labels are strings
#include "schema/fields.h"

namespace {

struct Rule {
  int a = 0;

  static constexpr auto schema() { return alloy::fields(alloy::label<&Rule::a>("A number.")); }
};

}  // namespace
