// expect: This type can.t be a member of arguments or exports
#include "schema/fields.h"

namespace {

struct Arguments {
  void* a = nullptr;

  static constexpr auto schema() {
    return alloy::fields(alloy::optional<&Arguments::a>("a", "A pointer."));
  }
};

}  // namespace
