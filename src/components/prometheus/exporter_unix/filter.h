// Which names (devices, chips, fields) a collector tells of.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"
#include "signals/search_expression.h"

namespace alloy::prometheus::exporter_unix {

// An expression that may be left empty: then it matches nothing.
Result<std::optional<SearchExpression>> optional_expression(std::string_view source);

class Filter {
 public:
  // Everything passes an empty one.
  Filter() = default;
  static Result<Filter> create(std::string_view include, std::string_view exclude);
  // The same, where only one of the two may be given.
  static Result<Filter> create_exclusive(std::string_view include, std::string_view exclude);

  bool passes(std::string_view name) const {
    return !(exclude_ && exclude_->matches(name)) && !(include_ && !include_->matches(name));
  }

 private:
  std::optional<SearchExpression> include_;
  std::optional<SearchExpression> exclude_;
};

}  // namespace alloy::prometheus::exporter_unix
