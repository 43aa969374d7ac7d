// expect: schema_has_two_labels
#include "schema/fields.h"

namespace {

struct Rule {
  std::string a;
  std::string b;

  static constexpr auto schema() {
    return alloy::fields(alloy::label<&Rule::a>("One."), alloy::label<&Rule::b>("The other."));
  }
};

}  // namespace
