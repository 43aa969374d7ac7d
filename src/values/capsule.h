// Capsules: values that only components and the standard library can look into, such as receivers
// and secrets.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "values/value.h"

namespace alloy {

class Capsule {
 public:
  virtual ~Capsule() = default;

  // The type as diagnostics print it: "loki.LogsReceiver".
  virtual std::string_view type_name() const = 0;
  // What the API shows instead of capsule("<type>"); empty: nothing better.
  virtual std::string display() const { return {}; }
  virtual bool equals(const Capsule& other) const { return this == &other; }
  // The content, for capsules that expressions can read like an object; null for all others.
  virtual ObjectPointer to_object() const { return nullptr; }
};

// Registers T for use as a member type std::shared_ptr<T> or std::shared_ptr<const T> of arguments
// and exports, which pass through the configuration as capsules:
//
//   template <> struct CapsuleTraits<prometheus::Appendable> {
//     static constexpr std::string_view name = "storage.Appendable";
//   };
//
// A T whose instances have a better type name, or a name of their own to show, says so with member
// functions capsule_type_name() and capsule_display(). A `static constexpr bool is_list_of_objects`
// in the traits lets `validate` pass a list of objects in its place. Handles are equal if they are
// the same object or, where T has operator==, if their objects are equal.
template <class T>
struct CapsuleTraits;

template <class T>
concept CapsuleHandle = requires {
  { CapsuleTraits<std::remove_const_t<T>>::name } -> std::convertible_to<std::string_view>;
};

// A capsule around a shared object.
template <CapsuleHandle T>
class Handle final : public Capsule {
 public:
  explicit Handle(std::shared_ptr<T> target) : target_(std::move(target)) {}

  const std::shared_ptr<T>& target() const { return target_; }

  std::string_view type_name() const override {
    if constexpr (requires { target_->capsule_type_name(); }) {
      return target_->capsule_type_name();
    } else {
      return CapsuleTraits<std::remove_const_t<T>>::name;
    }
  }
  std::string display() const override {
    if constexpr (requires { target_->capsule_display(); }) {
      return std::string(target_->capsule_display());
    } else {
      return {};
    }
  }
  bool equals(const Capsule& other) const override {
    const auto* handle = dynamic_cast<const Handle*>(&other);
    if (handle == nullptr) return false;
    if (handle->target_ == target_) return true;
    if constexpr (std::equality_comparable<T>) {
      return *handle->target_ == *target_;
    } else {
      return false;
    }
  }

 private:
  std::shared_ptr<T> target_;
};

// The value for a shared object; null for a null pointer.
template <CapsuleHandle T>
Value encapsulate(std::shared_ptr<T> target) {
  if (target == nullptr) return {};
  return Value::capsule(std::make_shared<const Handle<T>>(std::move(target)));
}

}  // namespace alloy
