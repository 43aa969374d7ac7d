// Where expressions find the names they use.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "values/value.h"

namespace alloy {

// The names visible to an expression, below which the standard library is visible by itself.
class Scope {
 public:
  virtual ~Scope() = default;

  // A value and how many names of a path led to it; 0: the path leads nowhere.
  struct Found {
    Value value;
    size_t names = 0;
  };

  // Follows a dotted path as far as the scope knows it by itself; the rest is looked up inside the
  // value. So a scope with components finds prometheus.remote_write.a without first building an
  // object of everything called prometheus.
  virtual Found resolve(std::span<const std::string_view> path) const = 0;
};

// A scope of named values, in front of another one.
class Variables final : public Scope {
 public:
  explicit Variables(const Scope* outer = nullptr) : outer_(outer) {}

  void set(std::string name, Value value) { values_.insert_or_assign(std::move(name), value); }
  Found resolve(std::span<const std::string_view> path) const override;

 private:
  const Scope* outer_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace alloy
