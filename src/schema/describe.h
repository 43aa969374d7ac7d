// Which C++ types may be members of arguments and exports, and how to teach schemas a new one.
//
// bool, all integers, float, double, std::string, Duration, ByteSize, Secret, OptionalSecret, Value
// (anything), named enums, std::shared_ptr of registered capsule handles (values/capsule.h),
// structs with a schema, types with MemberTraits; and std::vector, std::map<std::string, …> and
// std::optional of all these.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/duration.h"
#include "schema/boxed.h"
#include "schema/byte_size.h"
#include "schema/member_type.h"
#include "values/capsule.h"
#include "values/secret.h"

namespace alloy {

// Specialise it next to a type to make it a member type, either with
//   static constexpr std::string_view name;             // As the reference documentation says it.
//   static Result<T> parse(std::string_view text);      // For types that are written as a text.
//   static std::string format(const T& value);
// or with
//   static constexpr std::string_view name;
//   static constexpr ValueType value_type;
//   static Converted<> decode(const Value& value, T& into);
//   static Value encode(const T& value);
// T needs operator== in both cases, or a
//   static bool equal(const T& left, const T& right);
// A default T is the zero value: what `null` gives, and what the API does not show where a field is
// optional. With a
//   static constexpr bool is_comparable = false;
// the API shows the field even if it has its default, unless that is the zero value.
template <class T>
struct MemberTraits;

// An enum becomes a member type with a function beside it, found by the type of its argument:
//   constexpr auto enum_names(Detector) {
//     return std::array{EnumName{Detector::fsnotify, "fsnotify"}, EnumName{Detector::poll,
//     "poll"}};
//   }
// The text of the error for any other value is that of
//   std::string enum_error(Detector, std::string_view text);
// if there is one. The names are what arguments may say; the zero value needs none.
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};
template <class E>
EnumName(E, const char*) -> EnumName<E>;

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires { enum_names(T{}); };

template <class T>
concept Structure = std::is_class_v<T> && requires { T::schema(); };

template <class T>
concept TextMember = requires(const T& value, std::string_view text) {
  { MemberTraits<T>::parse(text) } -> std::same_as<Result<T>>;
  { MemberTraits<T>::format(value) } -> std::convertible_to<std::string>;
};

template <class T>
concept CustomMember = requires(const T& value, T& into, const Value& from) {
  { MemberTraits<T>::decode(from, into) } -> std::same_as<Converted<>>;
  { MemberTraits<T>::encode(value) } -> std::same_as<Value>;
};

template <class T>
const Schema& schema_getter();

namespace schema_internal {

// What to decode for the text of a TextMember and how an unknown text of an enum is refused.
Converted<std::string> text_of(const Value& value);
std::string unknown_name(std::span<const EnumEntry> entries, std::string_view text);
// The error for a capsule (or something else) where one of another type is needed.
ValueError wrong_capsule(const Value& value, std::string_view expected);

template <class T>
struct Unsupported : std::false_type {};

template <class T>
struct Describe {
  static consteval MemberType type() {
    static_assert(Unsupported<T>::value,
                  "This type can't be a member of arguments or exports: see schema/describe.h");
    return {};
  }
};

template <class T>
inline constexpr MemberType member_type = Describe<T>::type();

template <>
struct Describe<bool> {
  static consteval MemberType type() {
    return {.kind = MemberKind::boolean, .value_type = ValueType::boolean, .name = "bool"};
  }
};

template <class T>
consteval std::string_view number_name() {
  if (std::is_floating_point_v<T>) return "float";
  return std::is_signed_v<T> ? "int" : "uint";
}

template <class T>
concept NumberMember =
    std::is_floating_point_v<T> ||
    (std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
     !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> &&
     !std::is_same_v<T, char32_t>);

template <NumberMember T>
struct Describe<T> {
  static consteval MemberType type() {
    return {.kind = std::is_floating_point_v<T> ? MemberKind::floating : MemberKind::integer,
            .value_type = ValueType::number,
            .name = number_name<T>(),
            .size = sizeof(T),
            .is_signed = std::is_signed_v<T>};
  }
};

template <>
struct Describe<std::string> {
  static consteval MemberType type() {
    return {.kind = MemberKind::string, .value_type = ValueType::string, .name = "string"};
  }
};

template <>
struct Describe<Duration> {
  static consteval MemberType type() {
    return {.kind = MemberKind::duration, .value_type = ValueType::string, .name = "duration"};
  }
};

template <>
struct Describe<ByteSize> {
  static consteval MemberType type() {
    return {.kind = MemberKind::byte_size, .value_type = ValueType::string, .name = "bytes"};
  }
};

template <>
struct Describe<Secret> {
  static consteval MemberType type() {
    return {.kind = MemberKind::secret, .value_type = ValueType::capsule, .name = "secret"};
  }
};

template <>
struct Describe<OptionalSecret> {
  static consteval MemberType type() {
    return {.kind = MemberKind::optional_secret,
            .value_type = ValueType::capsule,
            .name = "string or secret"};
  }
};

template <>
struct Describe<Value> {
  static consteval MemberType type() {
    return {.kind = MemberKind::any, .value_type = ValueType::null, .name = "any"};
  }
};

template <class T>
struct Describe<std::vector<T>> {
  static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no elements to point to");
  static constexpr ListOperations operations = {
      .size = [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
      .element = [](void* list, size_t index) -> void* {
        return &(*static_cast<std::vector<T>*>(list))[index];
      },
      .assign =
          [](void* list, size_t size) {
            auto& vector = *static_cast<std::vector<T>*>(list);
            vector.clear();
            vector.resize(size);
          },
  };
  static consteval MemberType type() {
    return {.kind = MemberKind::list,
            .value_type = ValueType::array,
            .element = &member_type<T>,
            .list = &operations};
  }
};

template <class T, class Compare>
struct Describe<std::map<std::string, T, Compare>> {
  using Map = std::map<std::string, T, Compare>;
  static constexpr MapOperations operations = {
      .size = [](const void* map) { return static_cast<const Map*>(map)->size(); },
      .clear = [](void* map) { static_cast<Map*>(map)->clear(); },
      .insert = [](void* map, std::string key) -> void* {
        return &(*static_cast<Map*>(map))[std::move(key)];
      },
      .find = [](const void* map, const std::string& key) -> const void* {
        const auto& members = *static_cast<const Map*>(map);
        auto found = members.find(key);
        return found == members.end() ? nullptr : &found->second;
      },
      .each =
          [](const void* map, void* context, MapOperations::Visit visit) {
            for (const auto& [key, value] : *static_cast<const Map*>(map)) {
              visit(context, key, &value);
            }
          },
  };
  static consteval MemberType type() {
    return {.kind = MemberKind::map,
            .value_type = ValueType::object,
            .element = &member_type<T>,
            .map = &operations};
  }
};

// Optional is std::optional<T> or Boxed<T>.
template <class Optional, class T>
struct DescribeOptional {
  static constexpr OptionalOperations operations = {
      .get = [](void* optional) -> void* {
        auto& content = *static_cast<Optional*>(optional);
        return content ? &*content : nullptr;
      },
      .emplace = [](void* optional) -> void* {
        return &static_cast<Optional*>(optional)->emplace();
      },
      .reset = [](void* optional) { static_cast<Optional*>(optional)->reset(); },
  };
  static consteval MemberType type() {
    return {.kind = MemberKind::optional,
            .value_type = member_type<T>.value_type,
            .element = &member_type<T>,
            .optional = &operations};
  }
};

template <class T>
struct Describe<std::optional<T>> : DescribeOptional<std::optional<T>, T> {};
template <class T>
struct Describe<Boxed<T>> : DescribeOptional<Boxed<T>, T> {};

template <NamedEnum T>
struct Describe<T> {
  static constexpr auto entries = [] {
    constexpr auto names = enum_names(T{});
    std::array<EnumEntry, names.size()> table{};
    for (size_t i = 0; i < names.size(); ++i) {
      table[i] = {static_cast<int64_t>(names[i].value), names[i].name};
    }
    return table;
  }();
  static constexpr EnumOperations operations = {
      .entries = entries,
      .get =
          [](const void* member) { return static_cast<int64_t>(*static_cast<const T*>(member)); },
      .set = [](void* member, int64_t value) { *static_cast<T*>(member) = static_cast<T>(value); },
      .unknown = [](std::string_view text) -> std::string {
        if constexpr (requires { enum_error(T{}, text); }) {
          return enum_error(T{}, text);
        } else {
          return unknown_name(entries, text);
        }
      },
  };
  static consteval MemberType type() {
    return {.kind = MemberKind::enumeration,
            .value_type = ValueType::string,
            .name = "string",
            .enumeration = &operations};
  }
};

template <Structure T>
struct Describe<T> {
  static consteval MemberType type() {
    return {.kind = MemberKind::structure,
            .value_type = ValueType::object,
            .name = "object",
            .schema = &schema_getter<T>};
  }
};

template <class T>
consteval bool is_comparable() {
  if constexpr (requires { MemberTraits<T>::is_comparable; }) {
    return MemberTraits<T>::is_comparable;
  } else {
    return true;
  }
}

template <class T>
bool equal_custom(const T& left, const T& right) {
  if constexpr (requires { MemberTraits<T>::equal(left, right); }) {
    return MemberTraits<T>::equal(left, right);
  } else {
    return left == right;
  }
}

// The operations of a custom type, of which most do not depend on how it is converted.
template <class T, auto decode>
consteval CustomOperations custom_operations(decltype(CustomOperations::encode) encode) {
  return {
      .decode = decode,
      .try_decode = [](const Value& value) -> Converted<> {
        T member{};
        return value.is_null() ? Converted<>() : decode(value, &member);
      },
      .encode = encode,
      .equal =
          [](const void* left, const void* right) {
            return equal_custom(*static_cast<const T*>(left), *static_cast<const T*>(right));
          },
      .is_zero =
          [](const void* member) { return equal_custom(*static_cast<const T*>(member), T{}); },
      .reset = [](void* member) { *static_cast<T*>(member) = T{}; },
  };
}

template <TextMember T>
struct Describe<T> {
  static Converted<> decode(const Value& value, void* member) {
    auto text = text_of(value);
    if (!text) return std::unexpected(std::move(text).error());
    Result<T> parsed = MemberTraits<T>::parse(*text);
    if (!parsed) return std::unexpected(ValueError::failed(value, parsed.error().message()));
    *static_cast<T*>(member) = *std::move(parsed);
    return {};
  }
  static constexpr CustomOperations operations =
      custom_operations<T, &decode>([](const void* member) {
        return Value::string(std::string(MemberTraits<T>::format(*static_cast<const T*>(member))));
      });
  static consteval MemberType type() {
    return {.kind = MemberKind::custom,
            .value_type = ValueType::string,
            .name = MemberTraits<T>::name,
            .is_comparable = is_comparable<T>(),
            .custom = &operations};
  }
};

template <CustomMember T>
struct Describe<T> {
  static Converted<> decode(const Value& value, void* member) {
    return MemberTraits<T>::decode(value, *static_cast<T*>(member));
  }
  static constexpr CustomOperations operations = custom_operations<T, &decode>(
      [](const void* member) { return MemberTraits<T>::encode(*static_cast<const T*>(member)); });
  static consteval MemberType type() {
    return {.kind = MemberKind::custom,
            .value_type = MemberTraits<T>::value_type,
            .name = MemberTraits<T>::name,
            .is_comparable = is_comparable<T>(),
            .custom = &operations};
  }
};

// What check_block expects of the elements where a capsule may also be written as a list of
// objects.
inline constexpr CustomOperations object_operations = {
    .try_decode = [](const Value& value) -> Converted<> {
      if (value.is_null() || value.is_object()) return {};
      return std::unexpected(ValueError::wrong_type(value, ValueType::object));
    }};
inline constexpr MemberType object_type = {
    .kind = MemberKind::custom, .value_type = ValueType::object, .custom = &object_operations};

template <class T>
consteval const MemberType* capsule_element() {
  if constexpr (requires { CapsuleTraits<std::remove_const_t<T>>::is_list_of_objects; }) {
    return &object_type;
  } else {
    return nullptr;
  }
}

template <CapsuleHandle T>
struct Describe<std::shared_ptr<T>> {
  using Pointer = std::shared_ptr<T>;
  static Converted<> decode(const Value& value, void* member) {
    auto& into = *static_cast<Pointer*>(member);
    if (value.is_capsule()) {
      const Capsule* capsule = value.as_capsule().get();
      if (const auto* handle = dynamic_cast<const Handle<T>*>(capsule)) {
        into = handle->target();
        return {};
      }
      if constexpr (std::is_const_v<T>) {
        using Mutable = std::remove_const_t<T>;
        if (const auto* handle = dynamic_cast<const Handle<Mutable>*>(capsule)) {
          into = handle->target();
          return {};
        }
      }
    }
    return std::unexpected(wrong_capsule(value, CapsuleTraits<std::remove_const_t<T>>::name));
  }
  static bool same(const void* left, const void* right) {
    const auto& l = *static_cast<const Pointer*>(left);
    const auto& r = *static_cast<const Pointer*>(right);
    if (l == r) return true;
    if (l == nullptr || r == nullptr) return false;
    if constexpr (std::equality_comparable<T>) {
      return *l == *r;
    } else {
      return false;
    }
  }
  static constexpr CustomOperations operations = {
      .decode = &decode,
      .try_decode = [](const Value& value) -> Converted<> {
        Pointer member;
        return value.is_null() ? Converted<>() : decode(value, &member);
      },
      .encode =
          [](const void* member) { return encapsulate(*static_cast<const Pointer*>(member)); },
      .equal = &same,
      .is_zero = [](const void* member) { return *static_cast<const Pointer*>(member) == nullptr; },
      .reset = [](void* member) { static_cast<Pointer*>(member)->reset(); },
  };
  static consteval MemberType type() {
    return {.kind = MemberKind::custom,
            .value_type = ValueType::capsule,
            .name = CapsuleTraits<std::remove_const_t<T>>::name,
            .element = capsule_element<T>(),
            .custom = &operations};
  }
};

}  // namespace schema_internal

using schema_internal::member_type;

}  // namespace alloy
