// convert.*: conversions that have to be asked for.
#include "values/convert.h"

#include "values/stdlib/library.h"

namespace alloy::stdlib {
namespace {

// The text of a secret, for those who know that it is none.
CallResult nonsensitive(std::span<const Value> arguments) {
  if (arguments.size() != 1) return std::unexpected(wrong_count(1, arguments.size()));
  auto secret = to_secret(arguments[0]);
  if (!secret) return std::unexpected(CallError::in_argument(0, std::move(secret).error()));
  return Value::string(std::move(secret->value));
}

}  // namespace

Value convert_namespace() { return make_namespace({{"nonsensitive", function(&nonsensitive)}}); }

}  // namespace alloy::stdlib
