#include "schema/encode.h"

#include "base/duration.h"
#include "schema/member_access.h"
#include "values/secret.h"

namespace alloy {
namespace {

Value encode_list(const MemberType& type, const void* member) {
  std::vector<Value> elements(type.list->size(member));
  for (size_t i = 0; i < elements.size(); ++i) {
    elements[i] = encode_value(*type.element, type.list->element(const_cast<void*>(member), i));
  }
  return Value::array(std::move(elements));
}

Value encode_map(const MemberType& type, const void* member) {
  struct Context {
    const MemberType& element;
    std::vector<Object::Member> members;
  } context{*type.element, {}};
  type.map->each(member, &context, [](void* state, const std::string& key, const void* value) {
    auto& out = as_member<Context>(state);
    out.members.push_back({key, encode_value(out.element, value)});
  });
  return Value::object(Object::sorted(std::move(context.members)));
}

void encode_fields(const Schema& schema, const void* object, std::vector<Object::Member>& members) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::label) continue;
    const void* member = field.member_of(object);
    if (field.kind == FieldKind::inlined) {
      encode_fields(field.type->schema(), member, members);
    } else {
      members.push_back({std::string(field.name), encode_value(*field.type, member)});
    }
  }
}

bool equal_lists(const MemberType& type, const void* left, const void* right) {
  size_t size = type.list->size(left);
  if (size != type.list->size(right)) return false;
  for (size_t i = 0; i < size; ++i) {
    if (!equal_members(*type.element, type.list->element(const_cast<void*>(left), i),
                       type.list->element(const_cast<void*>(right), i))) {
      return false;
    }
  }
  return true;
}

bool equal_maps(const MemberType& type, const void* left, const void* right) {
  if (type.map->size(left) != type.map->size(right)) return false;
  struct Context {
    const MemberType& type;
    const void* other;
    bool is_equal = true;
  } context{type, right};
  type.map->each(left, &context, [](void* state, const std::string& key, const void* value) {
    auto& comparison = as_member<Context>(state);
    if (!comparison.is_equal) return;
    const void* other = comparison.type.map->find(comparison.other, key);
    comparison.is_equal = other != nullptr && equal_members(*comparison.type.element, value, other);
  });
  return context.is_equal;
}

bool equal_optionals(const MemberType& type, const void* left, const void* right) {
  const void* a = type.optional->get(const_cast<void*>(left));
  const void* b = type.optional->get(const_cast<void*>(right));
  if (a == nullptr || b == nullptr) return a == b;
  return equal_members(*type.element, a, b);
}

}  // namespace

Value encode_value(const MemberType& type, const void* member) {
  switch (type.kind) {
    case MemberKind::boolean:
      return Value::boolean(as_member<bool>(member));
    case MemberKind::integer:
    case MemberKind::floating:
      return Value::number(read_number(type, member));
    case MemberKind::string:
      return Value::string(as_member<std::string>(member));
    case MemberKind::duration:
      return Value::string(format_duration(as_member<Duration>(member)));
    case MemberKind::byte_size:
      return Value::string(format_byte_size(as_member<ByteSize>(member)));
    case MemberKind::enumeration:
      return Value::string(enum_name(type, member));
    case MemberKind::secret:
      return encapsulate(as_member<Secret>(member));
    case MemberKind::optional_secret:
      return encapsulate(as_member<OptionalSecret>(member));
    case MemberKind::any:
      return as_member<Value>(member);
    case MemberKind::list:
      return encode_list(type, member);
    case MemberKind::map:
      return encode_map(type, member);
    case MemberKind::optional: {
      const void* content = type.optional->get(const_cast<void*>(member));
      return content == nullptr ? Value() : encode_value(*type.element, content);
    }
    case MemberKind::structure:
      return encode(type.schema(), member);
    case MemberKind::custom:
      break;
  }
  return type.custom->encode(member);
}

Value encode(const Schema& schema, const void* object) {
  std::vector<Object::Member> members;
  members.reserve(schema.fields.size());
  encode_fields(schema, object, members);
  return Value::object(Object::ordered(std::move(members)));
}

bool equal_members(const MemberType& type, const void* left, const void* right) {
  switch (type.kind) {
    case MemberKind::boolean:
      return as_member<bool>(left) == as_member<bool>(right);
    case MemberKind::integer:
    case MemberKind::floating:
      return read_number(type, left) == read_number(type, right);
    case MemberKind::string:
      return as_member<std::string>(left) == as_member<std::string>(right);
    case MemberKind::duration:
      return as_member<Duration>(left) == as_member<Duration>(right);
    case MemberKind::byte_size:
      return as_member<ByteSize>(left) == as_member<ByteSize>(right);
    case MemberKind::enumeration:
      return type.enumeration->get(left) == type.enumeration->get(right);
    case MemberKind::secret:
      return as_member<Secret>(left) == as_member<Secret>(right);
    case MemberKind::optional_secret:
      return as_member<OptionalSecret>(left) == as_member<OptionalSecret>(right);
    case MemberKind::any:
      return equal(as_member<Value>(left), as_member<Value>(right));
    case MemberKind::list:
      return equal_lists(type, left, right);
    case MemberKind::map:
      return equal_maps(type, left, right);
    case MemberKind::optional:
      return equal_optionals(type, left, right);
    case MemberKind::structure:
      return equal(type.schema(), left, right);
    case MemberKind::custom:
      break;
  }
  return type.custom->equal(left, right);
}

bool equal(const Schema& schema, const void* left, const void* right) {
  for (const Field& field : schema.fields) {
    if (!equal_members(*field.type, field.member_of(left), field.member_of(right))) return false;
  }
  return true;
}

}  // namespace alloy
