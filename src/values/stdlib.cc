#include "values/stdlib.h"
namespace alloy {
const Value* find_standard(std::string_view) { return nullptr; }
bool is_deprecated_standard(std::string_view) { return false; }
bool is_experimental_standard(std::string_view) { return false; }
void set_standard_constants(StandardConstants) {}
}  // namespace alloy
