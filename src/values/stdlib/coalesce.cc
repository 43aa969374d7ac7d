// coalesce: the first argument that says anything.
#include "values/secret.h"
#include "values/stdlib/library.h"

namespace alloy::stdlib {
namespace {

// Null, zero, and everything without content.
bool is_empty(const Value& value) {
  switch (value.type()) {
    case ValueType::null:
      return true;
    case ValueType::boolean:
      return !value.as_boolean();
    case ValueType::number:
      return value.as_number().is_zero();
    case ValueType::string:
      return value.as_string().empty();
    case ValueType::array:
      return value.as_array()->size() == 0;
    case ValueType::object:
      return value.as_object()->size() == 0;
    case ValueType::function:
      return false;
    case ValueType::capsule:
      break;
  }
  if (ObjectPointer object = value.to_object()) return object->size() == 0;
  const SecretText* secret = value.secret();
  if (secret == nullptr || !secret->text().empty()) return false;
  // An optional secret that was marked as one has said something, even without a text.
  return secret->is_always_secret() || !secret->is_secret();
}

CallResult coalesce(std::span<const Value> arguments) {
  for (const Value& argument : arguments) {
    if (!is_empty(argument)) return argument;
  }
  return arguments.empty() ? Value() : arguments.back();
}

}  // namespace

Value coalesce_function() { return function(&coalesce); }

}  // namespace alloy::stdlib
