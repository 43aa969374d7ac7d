// expect: schema_has_something_else_than_blocks_in_one_of
#include "schema/fields.h"

namespace {

struct Stage {
  int a = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Stage::a>("a", "A number."));
  }
};

struct Arguments {
  std::vector<Stage> stages;

  static constexpr auto schema() {
    return alloy::fields(alloy::one_of<&Arguments::stages>("stage", "Not blocks."));
  }
};

const alloy::Schema& schema = alloy::schema_of<Arguments>;

}  // namespace
