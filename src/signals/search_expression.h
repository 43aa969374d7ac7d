// A regular expression that is looked for anywhere in a text, with the syntax of Go's regexp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace re2 {
class RE2;
}

namespace alloy {

// "error parsing regexp: missing closing ): `(a`": why an expression was refused, in Go's words.
std::string regexp_error(const re2::RE2& expression);

class SearchExpression {
 public:
  static Result<SearchExpression> create(std::string_view source);

  const std::string& source() const { return source_; }
  int group_count() const;
  // By group, from 0; groups without a name are empty.
  const std::vector<std::string>& group_names() const { return names_; }
  const re2::RE2& expression() const { return *expression_; }

  bool matches(std::string_view text) const;
  // The first match at or behind `start`, with the whole in group 0. Groups that took no part are
  // views without data.
  bool search(std::string_view text, size_t start, std::span<std::string_view> groups) const;

  // The text with all matches replaced; references as in Go's Expand, unless `is_literal`.
  std::string replace_all(std::string_view text, std::string_view replacement,
                          bool is_literal = false) const;
  // All matches that don't overlap, at most `count_max` (negative: all). An empty match directly
  // behind the one before doesn't count. Each calls `each(groups)`.
  template <class Each>
  void for_each_match(std::string_view text, int64_t count_max, Each each) const {
    std::vector<std::string_view> groups(static_cast<size_t>(group_count()) + 1);
    size_t start = 0;
    const char* last_end = nullptr;
    for (int64_t count = 0; count != count_max && start <= text.size();) {
      if (!search(text, start, groups)) break;
      const char* begin = groups[0].data();
      const char* end = begin + groups[0].size();
      const bool is_empty = groups[0].empty();
      if (!is_empty || begin != last_end) {
        each(std::span<const std::string_view>(groups));
        ++count;
      }
      last_end = end;
      start = static_cast<size_t>(end - text.data());
      if (is_empty) start += step(text, start);
    }
  }

 private:
  SearchExpression() = default;
  static size_t step(std::string_view text, size_t at);

  std::string source_;
  std::shared_ptr<const re2::RE2> expression_;
  std::vector<std::string> names_;
};

// A backslash in front of what has a meaning in expressions.
std::string quote_regexp(std::string_view text);

}  // namespace alloy
