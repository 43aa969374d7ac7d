// Structs and values as the HTTP API shows them: every value with its type, secrets masked.
#pragma once

#include <string>

#include "schema/fields.h"
#include "values/value.h"

namespace alloy {

// Appends the body of a block as a JSON array of statements:
//   [{"name":"url","type":"attr","value":{"type":"string","value":"http://x"}},
//    {"name":"rule","type":"block","label":"a","body":[…]}, …]
// Optional fields that have their default are left out. Fails where JSON has no way to say it: the
// floating numbers NaN and infinity.
Result<> append_body_json(std::string& out, const Schema& schema, const void* object);
// Appends {"type":…,"value":…}.
Result<> append_value_json(std::string& out, const Value& value);

template <Structure T>
Result<std::string> body_json(const T& object) {
  std::string out;
  TRY(append_body_json(out, schema_of<T>, &object));
  return out;
}

}  // namespace alloy
