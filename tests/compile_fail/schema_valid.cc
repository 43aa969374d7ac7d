// expect: nothing, it compiles: the others fail for their own reason.
#include "schema/fields.h"

namespace {

struct Arguments {
  int a = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Arguments::a>("a", "A number."));
  }
};

}  // namespace

extern const alloy::Schema& valid;
const alloy::Schema& valid = alloy::schema_of<Arguments>;
