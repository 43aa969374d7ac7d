// How a component declares its arguments and exports, once:
//
//   struct Endpoint {
//     std::string url;
//     Duration timeout = 30s;
//     std::optional<BasicAuth> basic_auth;
//     std::vector<Rule> rules;
//
//     static constexpr auto schema() {
//       return fields(
//           required<&Endpoint::url>("url", "Where to send to."),
//           optional<&Endpoint::timeout>("timeout", "How long a request may take."),
//           block<&Endpoint::basic_auth>("basic_auth", "Credentials."),
//           blocks<&Endpoint::rules>("rule", "Rules, applied in order."));
//     }
//     Result<void> validate() const;  // If more than the types has to be right.
//     // What only `validate --strict` asks: texts that mean something when the component runs.
//     std::vector<FieldMistake> check_strictly() const;
//   };
//
// Defaults are the member initialisers. Mistakes in a schema (duplicate names, missing
// documentation, members of a type no schema knows) do not compile. describe.h lists the types of
// attributes. From the declaration come decoding (decode.h), comparing and encoding (encode.h), the
// JSON of the API (json.h), static checks (check.h) and the reference documentation (reference.h).
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "schema/describe.h"
#include "schema/member_type.h"

namespace alloy {

enum class FieldKind : unsigned char {
  attribute,  // name = value
  block,      // name { }
  blocks,     // name { }, any number of times
  label,      // The label of the block that the struct is.
  inlined,    // The fields of a member struct, as if they were the struct's own.
  one_of,     // name.a { } and name.b { } in any number and order, kept in their order
};

enum class Presence : unsigned char { optional, required };

struct Field {
  FieldKind kind;
  Presence presence;
  std::string_view name;
  std::string_view doc;
  const MemberType* type;
  void* (*member)(void* object);
  std::span<const Field> inlined_fields = {};

  const void* member_of(const void* object) const { return member(const_cast<void*>(object)); }
};

// What is wrong with the attribute of the name: a regular expression, a selector or a template that
// doesn't parse, though its type takes any text.
struct FieldMistake {
  std::string_view field;
  std::string message;
};

// The description of a struct: what the functions over schemas take.
struct Schema {
  std::span<const Field> fields;
  // A struct with all its defaults.
  std::shared_ptr<void> (*create)();
  void (*reset)(void* object);
  // Null if there is nothing to check.
  Result<void> (*validate)(void* object);
  // Looks at attributes only, never at blocks: called even if those are not known. May be null.
  std::vector<FieldMistake> (*check_strictly)(const void* object);
};

namespace schema_internal {

template <class M>
struct MemberPointer;
template <class Class, class Member>
struct MemberPointer<Member Class::*> {
  using class_type = Class;
  using member_type = Member;
};
template <auto pointer>
using class_of = MemberPointer<decltype(pointer)>::class_type;
template <auto pointer>
using type_of = MemberPointer<decltype(pointer)>::member_type;

template <auto pointer>
void* member(void* object) {
  return &(static_cast<class_of<pointer>*>(object)->*pointer);
}

template <auto pointer>
consteval Field field(FieldKind kind, Presence presence, std::string_view name,
                      std::string_view doc) {
  return {kind, presence, name, doc, &member_type<type_of<pointer>>, &member<pointer>, {}};
}

template <class T>
inline constexpr bool is_block = Structure<T>;
template <class T>
inline constexpr bool is_block<std::optional<T>> = Structure<T>;
template <class T>
inline constexpr bool is_block<Boxed<T>> = Structure<T>;
template <class T, class Compare>
inline constexpr bool is_block<std::map<std::string, T, Compare>> = true;

template <class T>
inline constexpr bool is_block_list = false;
template <class T>
inline constexpr bool is_block_list<std::vector<T>> = Structure<T>;

template <class T>
inline constexpr auto field_table = T::schema();

// Called, while compiling, only to name a mistake in a schema: none of them is a constant.
void schema_has_a_field_without_a_name();
void schema_has_a_field_without_documentation();
void schema_has_a_name_that_is_no_identifier();
void schema_has_two_fields_of_one_name();
void schema_has_two_labels();
void schema_uses_a_reserved_name();
void schema_has_something_else_than_blocks_in_one_of();

consteval void check_name(std::string_view name, bool dots_allowed) {
  if (name.empty()) schema_has_a_field_without_a_name();
  if (name == "null" || name == "true" || name == "false") schema_uses_a_reserved_name();
  bool at_start = true;
  for (char c : name) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    bool digit = c >= '0' && c <= '9';
    bool dot = c == '.' && dots_allowed && !at_start;
    if (!letter && !dot && !(digit && !at_start)) schema_has_a_name_that_is_no_identifier();
    at_start = c == '.';
  }
  if (at_start) schema_has_a_name_that_is_no_identifier();
}

consteval void check_field(const Field& field) {
  if (field.kind == FieldKind::inlined) return;
  if (field.doc.empty()) schema_has_a_field_without_documentation();
  if (field.kind != FieldKind::label) check_name(field.name, field.kind != FieldKind::attribute);
}

// Whether any field, looking through inlined structs, has the name.
constexpr bool has_name(std::span<const Field> list, std::string_view name) {
  for (const Field& field : list) {
    if (field.kind == FieldKind::inlined) {
      if (has_name(field.inlined_fields, name)) return true;
    } else if (field.kind != FieldKind::label && field.name == name) {
      return true;
    }
  }
  return false;
}

// Whether any field of `list` has the name of one in `earlier`.
constexpr bool have_a_name_in_common(std::span<const Field> earlier, std::span<const Field> list) {
  for (const Field& field : list) {
    if (field.kind == FieldKind::inlined) {
      if (have_a_name_in_common(earlier, field.inlined_fields)) return true;
    } else if (field.kind != FieldKind::label && has_name(earlier, field.name)) {
      return true;
    }
  }
  return false;
}

}  // namespace schema_internal

// An attribute that has to be there.
template <auto pointer>
consteval Field required(std::string_view name, std::string_view doc) {
  return schema_internal::field<pointer>(FieldKind::attribute, Presence::required, name, doc);
}

// An attribute that keeps its default where it is not given.
template <auto pointer>
consteval Field optional(std::string_view name, std::string_view doc) {
  return schema_internal::field<pointer>(FieldKind::attribute, Presence::optional, name, doc);
}

// A block that may be given once. A member of a struct type keeps its defaults without one, a
// std::optional stays empty; a map takes any attributes.
template <auto pointer>
consteval Field block(std::string_view name, std::string_view doc) {
  static_assert(schema_internal::is_block<schema_internal::type_of<pointer>>,
                "A block is a struct with a schema, a std::optional of one, or a map");
  return schema_internal::field<pointer>(FieldKind::block, Presence::optional, name, doc);
}

// A block that has to be given exactly once.
template <auto pointer>
consteval Field required_block(std::string_view name, std::string_view doc) {
  Field field = block<pointer>(name, doc);
  field.presence = Presence::required;
  return field;
}

// A block that may be given any number of times: a std::vector of structs.
template <auto pointer>
consteval Field blocks(std::string_view name, std::string_view doc) {
  static_assert(schema_internal::is_block_list<schema_internal::type_of<pointer>>,
                "Repeated blocks are a std::vector of structs with a schema");
  return schema_internal::field<pointer>(FieldKind::blocks, Presence::optional, name, doc);
}

// A block that has to be given at least once.
template <auto pointer>
consteval Field required_blocks(std::string_view name, std::string_view doc) {
  Field field = blocks<pointer>(name, doc);
  field.presence = Presence::required;
  return field;
}

// The label of the block, which makes one mandatory.
template <auto pointer>
consteval Field label(std::string_view doc) {
  static_assert(std::is_same_v<schema_internal::type_of<pointer>, std::string>,
                "Labels are strings");
  return schema_internal::field<pointer>(FieldKind::label, Presence::required, "", doc);
}

// The fields of a member struct, which several schemas share.
template <auto pointer>
consteval Field inlined() {
  static_assert(Structure<schema_internal::type_of<pointer>>,
                "Only a struct with a schema can be inlined");
  Field field = schema_internal::field<pointer>(FieldKind::inlined, Presence::optional, "", "");
  field.inlined_fields = schema_internal::field_table<schema_internal::type_of<pointer>>;
  return field;
}

// Blocks of different kinds in the order they are given, a std::vector<Stage> of
//   struct Stage {
//     std::optional<Json> json; …
//     static constexpr auto schema() { return fields(block<&Stage::json>("json", …), …); }
//   };
// where each element has exactly one of them. The blocks are called "<name>.json" and so on.
template <auto pointer>
consteval Field one_of(std::string_view name, std::string_view doc) {
  static_assert(schema_internal::is_block_list<schema_internal::type_of<pointer>>,
                "One-of blocks are a std::vector of structs of optional blocks");
  using Element = schema_internal::type_of<pointer>::value_type;
  for (const Field& field : schema_internal::field_table<Element>) {
    if (field.kind != FieldKind::block) {
      schema_internal::schema_has_something_else_than_blocks_in_one_of();
    }
  }
  return schema_internal::field<pointer>(FieldKind::one_of, Presence::optional, name, doc);
}

// A complete schema, in the order in which the API and the documentation show it. Structs that
// contain each other can't deduce its type; one of them declares schema() with it and defines it
// after the other: static constexpr Fields<2> schema();
template <size_t count>
using Fields = std::array<Field, count>;

template <std::same_as<Field>... List>
consteval Fields<sizeof...(List)> fields(List... list) {
  Fields<sizeof...(List)> table{list...};
  bool has_label = false;
  for (size_t i = 0; i < table.size(); ++i) {
    const Field& field = table[i];
    schema_internal::check_field(field);
    if (field.kind == FieldKind::label) {
      if (has_label) schema_internal::schema_has_two_labels();
      has_label = true;
    }
    if (schema_internal::have_a_name_in_common({table.data(), i}, {&field, 1})) {
      schema_internal::schema_has_two_fields_of_one_name();
    }
  }
  return table;
}

namespace schema_internal {

template <class T>
consteval auto validate_function() -> Result<void> (*)(void*) {
  if constexpr (requires(T& object) { object.validate(); }) {
    return [](void* object) -> Result<void> { return static_cast<T*>(object)->validate(); };
  } else {
    return nullptr;
  }
}

template <class T>
consteval auto strict_function() -> std::vector<FieldMistake> (*)(const void*) {
  if constexpr (requires(const T& object) { object.check_strictly(); }) {
    return [](const void* object) { return static_cast<const T*>(object)->check_strictly(); };
  } else {
    return nullptr;
  }
}

}  // namespace schema_internal

// The schema of a struct.
template <Structure T>
inline constexpr Schema schema_of = {
    .fields = schema_internal::field_table<T>,
    .create = []() -> std::shared_ptr<void> { return std::make_shared<T>(); },
    .reset = [](void* object) { *static_cast<T*>(object) = T{}; },
    .validate = schema_internal::validate_function<T>(),
    .check_strictly = schema_internal::strict_function<T>(),
};

template <class T>
const Schema& schema_getter() {
  return schema_of<T>;
}

}  // namespace alloy
