// Descriptions of the C++ types that arguments and exports are made of, for the functions that walk
// schemas. They are made in schema/describe.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "values/value_error.h"

namespace alloy {

struct MemberType;
struct Schema;

enum class MemberKind : unsigned char {
  boolean,
  integer,
  floating,
  string,
  duration,
  byte_size,
  enumeration,
  secret,
  optional_secret,
  any,
  list,
  map,
  optional,
  structure,
  custom,
};

struct ListOperations {
  size_t (*size)(const void* list);
  void* (*element)(void* list, size_t index);
  // Replaces the content by `size` default elements.
  void (*assign)(void* list, size_t size);
};

struct MapOperations {
  using Visit = void (*)(void* context, const std::string& key, const void* value);

  size_t (*size)(const void* map);
  void (*clear)(void* map);
  // The value of the key, a default one if the key is new.
  void* (*insert)(void* map, std::string key);
  // The value of the key; null if there is none.
  const void* (*find)(const void* map, const std::string& key);
  // Calls `visit` for each member in the order of the keys.
  void (*each)(const void* map, void* context, Visit visit);
};

struct OptionalOperations {
  // The content; null if there is none.
  void* (*get)(void* optional);
  void* (*emplace)(void* optional);
  void (*reset)(void* optional);
};

// One spelling of an enumerator.
struct EnumEntry {
  int64_t value;
  std::string_view name;
};

struct EnumOperations {
  std::span<const EnumEntry> entries;
  int64_t (*get)(const void* member);
  void (*set)(void* member, int64_t value);
  // What to say about a text that names no enumerator.
  std::string (*unknown)(std::string_view text);
};

struct CustomOperations {
  Converted<> (*decode)(const Value& value, void* member);
  // The same into a member of its own: whether the value fits.
  Converted<> (*try_decode)(const Value& value);
  Value (*encode)(const void* member);
  bool (*equal)(const void* left, const void* right);
  bool (*is_zero)(const void* member);
  void (*reset)(void* member);
};

struct MemberType {
  MemberKind kind;
  ValueType value_type;        // What the type is to the language.
  std::string_view name = {};  // In the reference documentation; composed for lists and maps.
  uint8_t size = 0;            // Numbers: bytes.
  bool is_comparable = true;   // Whether the API knows members that equal their default.
  bool is_signed = false;      // Integers.
  const MemberType* element = nullptr;  // Lists, maps and optionals: of what.
  const ListOperations* list = nullptr;
  const MapOperations* map = nullptr;
  const OptionalOperations* optional = nullptr;
  const EnumOperations* enumeration = nullptr;
  const CustomOperations* custom = nullptr;
  const Schema& (*schema)() = nullptr;  // Structures.
};

}  // namespace alloy
