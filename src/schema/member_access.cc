#include "schema/member_access.h"

#include <cstring>

#include "values/secret.h"

namespace alloy {
namespace {

template <class T>
T load(const void* member) {
  T value;
  std::memcpy(&value, member, sizeof value);
  return value;
}

template <class T>
void store(void* member, T value) {
  std::memcpy(member, &value, sizeof value);
}

int64_t load_signed(const MemberType& type, const void* member) {
  switch (type.size) {
    case 1:
      return load<int8_t>(member);
    case 2:
      return load<int16_t>(member);
    case 4:
      return load<int32_t>(member);
    default:
      return load<int64_t>(member);
  }
}

uint64_t load_unsigned(const MemberType& type, const void* member) {
  switch (type.size) {
    case 1:
      return load<uint8_t>(member);
    case 2:
      return load<uint16_t>(member);
    case 4:
      return load<uint32_t>(member);
    default:
      return load<uint64_t>(member);
  }
}

void store_bits(const MemberType& type, uint64_t bits, void* member) {
  switch (type.size) {
    case 1:
      return store(member, static_cast<uint8_t>(bits));
    case 2:
      return store(member, static_cast<uint16_t>(bits));
    case 4:
      return store(member, static_cast<uint32_t>(bits));
    default:
      return store(member, bits);
  }
}

}  // namespace

Number read_number(const MemberType& type, const void* member) {
  if (type.kind == MemberKind::floating) {
    return Number::floating(type.size == sizeof(float) ? double{load<float>(member)}
                                                       : load<double>(member));
  }
  return type.is_signed ? Number::integer(load_signed(type, member))
                        : Number::unsigned_integer(load_unsigned(type, member));
}

void write_number(const MemberType& type, Number number, void* member) {
  if (type.kind == MemberKind::floating) {
    double value = number.as_floating();
    if (type.size == sizeof(float)) return store(member, static_cast<float>(value));
    return store(member, value);
  }
  store_bits(type,
             type.is_signed ? static_cast<uint64_t>(number.as_integer()) : number.as_unsigned(),
             member);
}

std::string_view enum_name(const MemberType& type, const void* member) {
  int64_t value = type.enumeration->get(member);
  for (const EnumEntry& entry : type.enumeration->entries) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

void set_zero(const MemberType& type, void* member) {
  switch (type.kind) {
    case MemberKind::boolean:
      as_member<bool>(member) = false;
      return;
    case MemberKind::integer:
    case MemberKind::floating:
      return write_number(type, Number::integer(0), member);
    case MemberKind::string:
      as_member<std::string>(member).clear();
      return;
    case MemberKind::duration:
      as_member<Duration>(member) = Duration::zero();
      return;
    case MemberKind::byte_size:
      as_member<ByteSize>(member) = {};
      return;
    case MemberKind::enumeration:
      return type.enumeration->set(member, 0);
    case MemberKind::secret:
      as_member<Secret>(member) = {};
      return;
    case MemberKind::optional_secret:
      as_member<OptionalSecret>(member) = {};
      return;
    case MemberKind::any:
      as_member<Value>(member) = {};
      return;
    case MemberKind::list:
      return type.list->assign(member, 0);
    case MemberKind::map:
      return type.map->clear(member);
    case MemberKind::optional:
      return type.optional->reset(member);
    case MemberKind::structure:
      return type.schema().reset(member);
    case MemberKind::custom:
      return type.custom->reset(member);
  }
}

bool is_zero(const MemberType& type, const void* member) {
  switch (type.kind) {
    case MemberKind::boolean:
      return !as_member<bool>(member);
    case MemberKind::integer:
    case MemberKind::floating:
      return read_number(type, member).is_zero();
    case MemberKind::string:
      return as_member<std::string>(member).empty();
    case MemberKind::duration:
      return as_member<Duration>(member) == Duration::zero();
    case MemberKind::byte_size:
      return as_member<ByteSize>(member) == ByteSize{};
    case MemberKind::enumeration:
      return type.enumeration->get(member) == 0;
    case MemberKind::secret:
      return as_member<Secret>(member).empty();
    case MemberKind::optional_secret:
      return as_member<OptionalSecret>(member) == OptionalSecret{};
    case MemberKind::any:
      return as_member<Value>(member).is_null();
    case MemberKind::list:
      return type.list->size(member) == 0;
    case MemberKind::map:
      return type.map->size(member) == 0;
    case MemberKind::optional:
      return type.optional->get(const_cast<void*>(member)) == nullptr;
    case MemberKind::structure:
      return is_zero(type.schema(), member);
    case MemberKind::custom:
      break;
  }
  return type.custom->is_zero(member);
}

bool is_zero(const Schema& schema, const void* object) {
  for (const Field& field : schema.fields) {
    if (!is_zero(*field.type, field.member_of(object))) return false;
  }
  return true;
}

const MemberType& without_optional(const MemberType& type) {
  const MemberType* inner = &type;
  while (inner->kind == MemberKind::optional) inner = inner->element;
  return *inner;
}

}  // namespace alloy
