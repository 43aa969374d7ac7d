// The conversions that the language makes by itself when a value meets a typed place: an argument
// of a component or of a function.
#pragma once

#include <string>

#include "values/secret.h"
#include "values/value_error.h"

namespace alloy {

// A string, from strings, numbers and secrets that are none.
Converted<std::string> to_text(const Value& value);
// A number, from numbers, strings that spell one, and secrets that are none.
Converted<Number> to_number(const Value& value);
Converted<bool> to_boolean(const Value& value);
Converted<ArrayPointer> to_array(const Value& value);
// An object, from objects and from capsules that can be read as one.
Converted<ObjectPointer> to_object(const Value& value);
Converted<Secret> to_secret(const Value& value);
Converted<OptionalSecret> to_optional_secret(const Value& value);

}  // namespace alloy
