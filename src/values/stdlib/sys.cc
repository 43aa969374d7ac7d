// sys.*: what the operating system knows.
#include <cstdlib>

#include "values/stdlib/library.h"

namespace alloy::stdlib {
namespace {

// The environment variable; unset ones are empty.
CallResult env(std::span<const std::string> arguments) {
  const char* value = std::getenv(arguments[0].c_str());
  return Value::string(value == nullptr ? "" : value);
}

}  // namespace

Value sys_namespace() { return make_namespace({{"env", text_function(1, &env)}}); }

}  // namespace alloy::stdlib
