// A regular expression of the configuration: anchored at both ends, checked when it is read, and
// refused in the words of the real program.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "schema/describe.h"

namespace re2 {
class RE2;
}

namespace alloy {

// A replacement such as "${1}-$name" for one regular expression, taken apart once. The references
// are those of Go's regexp.Expand: names are as long as possible, unknown ones are empty, "$$" is
// a dollar, and what is no reference stays as it is.
class Template {
 public:
  Template() = default;
  Template(std::string_view text, const re2::RE2& expression);

  // Appends the text with the groups of a match filled in.
  void expand(std::span<const std::string_view> groups, std::string& out) const;
  // Without any reference.
  bool is_constant() const { return group_max_ < 0; }
  // The highest group that is referred to; -1 for none.
  int group_max() const { return group_max_; }

 private:
  struct Part {
    std::string text;
    int group = -1;  // -1: the text.
  };
  void add_text(std::string_view text);

  std::vector<Part> parts_;
  int group_max_ = -1;
};

class RegularExpression {
 public:
  // Matches only the empty text.
  RegularExpression();
  static Result<RegularExpression> create(std::string_view source);
  // For constants of our own.
  static RegularExpression known(std::string_view source);

  const std::string& source() const { return source_; }
  // Whether the whole text matches.
  bool matches(std::string_view text) const;
  // The same with the groups, of which at least `groups.size() - 1` exist; group 0 is the text.
  bool match(std::string_view text, std::span<std::string_view> groups) const;
  const re2::RE2& expression() const { return *expression_; }
  int group_count() const;

  friend bool operator==(const RegularExpression& left, const RegularExpression& right) {
    return left.source_ == right.source_;
  }

 private:
  struct Unset {};
  explicit RegularExpression(Unset) {}

  std::string source_;
  std::shared_ptr<const re2::RE2> expression_;
};

template <>
struct MemberTraits<RegularExpression> {
  static constexpr std::string_view name = "regexp";
  static constexpr bool is_comparable = false;
  static Result<RegularExpression> parse(std::string_view text) {
    return RegularExpression::create(text);
  }
  static std::string format(const RegularExpression& value) { return value.source(); }
};

}  // namespace alloy
