// The selectors of stage.match: {app="x", env!~"dev.*"} |= "error" !~ "timeout", the part of LogQL
// that needs nothing but labels and the line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/regular_expression.h"
#include "signals/search_expression.h"

namespace alloy {

class LogSelector {
 public:
  // "parse error at line 1, col 9: syntax error: unexpected IDENTIFIER, expecting ..."
  static Result<LogSelector> parse(std::string_view text);

  enum class Operation : unsigned char { equal, not_equal, matches, not_matches };
  struct Matcher {
    std::string label;
    Operation operation = Operation::equal;
    std::string value;
    std::optional<RegularExpression> expression;

    // Labels that don't exist are empty.
    bool accepts(std::string_view label_value) const;
  };
  const std::vector<Matcher>& matchers() const { return matchers_; }

  // Whether the line passes all the filters.
  bool accepts_line(std::string_view line) const;
  bool has_filters() const { return !filters_.empty(); }

 private:
  friend class LogSelectorParser;
  struct Filter {
    Operation operation = Operation::equal;
    std::string text;
    std::optional<SearchExpression> expression;
  };

  std::vector<Matcher> matchers_;
  std::vector<Filter> filters_;
};

}  // namespace alloy
