// expect: A block is a struct with a schema
#include "schema/fields.h"

namespace {

struct Arguments {
  int a = 0;

  static constexpr auto schema() {
    return alloy::fields(alloy::block<&Arguments::a>("a", "A number."));
  }
};

}  // namespace
