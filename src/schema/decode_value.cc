// Values to members.
#include <fmt/format.h>

#include "base/duration.h"
#include "schema/decode.h"
#include "schema/find_field.h"
#include "schema/member_access.h"
#include "values/convert.h"

namespace alloy {
namespace {

// Stores what a conversion gave, or passes on its error.
template <class T>
Converted<> store(Converted<T> converted, void* member) {
  if (!converted) return std::unexpected(std::move(converted).error());
  as_member<T>(member) = *std::move(converted);
  return {};
}

// Stores what the text of the value means.
template <class T>
Converted<> store_parsed(const Value& value, Result<T> (*parse)(std::string_view), void* member) {
  auto text = to_text(value);
  if (!text) return std::unexpected(std::move(text).error());
  auto parsed = parse(*text);
  if (!parsed) return std::unexpected(ValueError::failed(value, parsed.error().message()));
  as_member<T>(member) = *std::move(parsed);
  return {};
}

Converted<> decode_number(const MemberType& type, const Value& value, void* member) {
  auto number = to_number(value);
  if (!number) return std::unexpected(std::move(number).error());
  write_number(type, *number, member);
  return {};
}

Converted<> decode_enum(const MemberType& type, const Value& value, void* member) {
  auto text = to_text(value);
  if (!text) return std::unexpected(std::move(text).error());
  for (const EnumEntry& entry : type.enumeration->entries) {
    if (entry.name == *text) {
      type.enumeration->set(member, entry.value);
      return {};
    }
  }
  return std::unexpected(ValueError::failed(value, type.enumeration->unknown(*text)));
}

Converted<> decode_list(const MemberType& type, const Value& value, void* member) {
  auto array = to_array(value);
  if (!array) return std::unexpected(std::move(array).error());
  size_t size = (*array)->size();
  type.list->assign(member, size);
  for (size_t i = 0; i < size; ++i) {
    auto decoded = decode_value(*type.element, (*array)->at(i), type.list->element(member, i));
    if (!decoded) return std::unexpected(std::move(decoded).error().inside(i));
  }
  return {};
}

Converted<> decode_map(const MemberType& type, const Value& value, void* member) {
  auto object = to_object(value);
  if (!object) return std::unexpected(std::move(object).error());
  type.map->clear(member);
  for (const auto& [key, element] : (*object)->members()) {
    auto decoded = decode_value(*type.element, element, type.map->insert(member, key));
    if (!decoded) return std::unexpected(std::move(decoded).error().inside(key));
  }
  return {};
}

// Structs can also be attributes: their fields are the members of an object. Nothing in an object
// is required.
Converted<> decode_structure(const MemberType& type, const Value& value, void* member) {
  if (!value.is_object()) {
    return std::unexpected(ValueError::wrong_type(value, ValueType::object));
  }
  const Schema& schema = type.schema();
  schema.reset(member);
  for (const auto& [key, element] : value.as_object()->members()) {
    FoundField found = find_field(schema, member, key);
    if (!found || found.alternative != nullptr) {
      return std::unexpected(ValueError::unknown_key(element, key));
    }
    auto decoded = decode_value(*found.field->type, element, found.member());
    if (!decoded) return std::unexpected(std::move(decoded).error().inside(key));
  }
  if (schema.validate == nullptr) return {};
  if (auto valid = schema.validate(member); !valid) {
    return std::unexpected(ValueError::failed(value, valid.error().message()));
  }
  return {};
}

}  // namespace

Converted<> decode_value(const MemberType& type, const Value& value, void* member) {
  if (value.is_null()) {
    set_zero(type, member);
    return {};
  }
  switch (type.kind) {
    case MemberKind::boolean:
      return store(to_boolean(value), member);
    case MemberKind::integer:
    case MemberKind::floating:
      return decode_number(type, value, member);
    case MemberKind::string:
      return store(to_text(value), member);
    case MemberKind::duration:
      return store_parsed<Duration>(value, &parse_duration, member);
    case MemberKind::byte_size:
      return store_parsed<ByteSize>(value, &parse_byte_size, member);
    case MemberKind::enumeration:
      return decode_enum(type, value, member);
    case MemberKind::secret:
      return store(to_secret(value), member);
    case MemberKind::optional_secret:
      return store(to_optional_secret(value), member);
    case MemberKind::any:
      as_member<Value>(member) = value;
      return {};
    case MemberKind::list:
      return decode_list(type, value, member);
    case MemberKind::map:
      return decode_map(type, value, member);
    case MemberKind::optional:
      return decode_value(*type.element, value, type.optional->emplace(member));
    case MemberKind::structure:
      return decode_structure(type, value, member);
    case MemberKind::custom:
      break;
  }
  return type.custom->decode(value, member);
}

namespace schema_internal {

Converted<std::string> text_of(const Value& value) { return to_text(value); }

std::string unknown_name(std::span<const EnumEntry> entries, std::string_view text) {
  std::string known;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) known += i + 1 == entries.size() ? " or " : ", ";
    known += entries[i].name;
  }
  return fmt::format("unrecognized value \"{}\", expected {}", text, known);
}

ValueError wrong_capsule(const Value& value, std::string_view expected) {
  if (!value.is_capsule()) return ValueError::wrong_type(value, ValueType::capsule);
  return ValueError::failed(
      value, fmt::format("expected capsule(\"{}\"), got {}", expected, value.describe()));
}

}  // namespace schema_internal
}  // namespace alloy
