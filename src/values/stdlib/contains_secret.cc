#include "values/stdlib/contains_secret.h"

#include <algorithm>

#include "values/secret.h"

namespace alloy::stdlib {

bool contains_secret(const Value& value) {
  if (value.is_array()) {
    const Array& array = *value.as_array();
    for (size_t i = 0; i < array.size(); ++i) {
      if (contains_secret(array.at(i))) return true;
    }
    return false;
  }
  if (value.is_object()) {
    return std::ranges::any_of(value.as_object()->members(), &contains_secret,
                               &Object::Member::value);
  }
  const SecretText* secret = value.secret();
  return secret != nullptr && secret->is_secret();
}

}  // namespace alloy::stdlib
