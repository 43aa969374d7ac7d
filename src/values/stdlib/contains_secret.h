// Whether a value has a secret in it.
#pragma once

#include "values/value.h"

namespace alloy::stdlib {

// True for secrets, and for arrays and objects that hold one at any depth. Whatever is made from
// such a value must be a secret again.
bool contains_secret(const Value& value);

}  // namespace alloy::stdlib
