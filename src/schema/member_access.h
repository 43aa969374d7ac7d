// Reading and writing members through their descriptions: what the functions over schemas share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/fields.h"
#include "values/number.h"

namespace alloy {

Number read_number(const MemberType& type, const void* member);
// Integers wrap around and fractions are cut off where the type is too small for the number.
void write_number(const MemberType& type, Number number, void* member);

// The spelling of the member's enumerator; empty if it has none.
std::string_view enum_name(const MemberType& type, const void* member);

// Gives the member its zero value (which need not be its default): what null means.
void set_zero(const MemberType& type, void* member);
bool is_zero(const MemberType& type, const void* member);

// Whether the whole struct is zero.
bool is_zero(const Schema& schema, const void* object);

// The type behind optionals.
const MemberType& without_optional(const MemberType& type);

template <class T>
T& as_member(void* member) {
  return *static_cast<T*>(member);
}
template <class T>
const T& as_member(const void* member) {
  return *static_cast<const T*>(member);
}

}  // namespace alloy
