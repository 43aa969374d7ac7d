// Structs to values, and comparing structs.
#pragma once

#include "schema/fields.h"
#include "values/value.h"

namespace alloy {

// The struct as an object with its fields in their order: how exports become visible to
// expressions.
Value encode(const Schema& schema, const void* object);
Value encode_value(const MemberType& type, const void* member);

template <Structure T>
Value encode(const T& object) {
  return encode(schema_of<T>, &object);
}

// Whether two structs of the type that the schema describes are deeply equal.
bool equal(const Schema& schema, const void* left, const void* right);
bool equal_members(const MemberType& type, const void* left, const void* right);

template <Structure T>
bool equal(const T& left, const T& right) {
  return equal(schema_of<T>, &left, &right);
}

}  // namespace alloy
