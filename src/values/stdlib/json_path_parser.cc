// JSONPath texts to steps.
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "values/stdlib/json_path.h"

namespace alloy::stdlib {
namespace {

constexpr int depth_max = 100;  // Of parentheses and of filters in filters.

class PathParser {
 public:
  explicit PathParser(std::string_view text) : text_(text) {}

  Result<JsonPath> run() {
    TRY(JsonPath path, read_path());
    if (at_ < text_.size()) return fail_here("unexpected character");
    return path;
  }

 private:
  using Kind = JsonFilter::Kind;

  std::unexpected<Error> fail_here(std::string_view what) const {
    return fail(fmt::format("{} at {} in {}", what, at_ + 1, text_), ErrorKind::invalid);
  }
  bool is_at(std::string_view token) const { return text_.substr(at_).starts_with(token); }
  bool take(std::string_view token) {
    if (!is_at(token)) return false;
    at_ += token.size();
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take_token(std::string_view token) {
    skip_blanks();
    return take(token);
  }

  Result<JsonPath> read_path();
  Result<> read_steps(JsonPath& path);
  Result<std::string> read_name();
  Result<JsonStep> read_bracket();
  Result<JsonStep> read_keys();
  Result<JsonStep> read_slice(std::optional<int64_t> start);
  Result<std::string> read_quoted();
  std::optional<int64_t> read_integer();
  Result<JsonFilter> read_either();
  Result<JsonFilter> read_both();
  Result<JsonFilter> read_comparison();
  Result<JsonFilter> read_operand();
  Result<JsonFilter> read_number();
  Result<JsonFilter> read_list();
  Result<JsonFilter> read_call(Kind kind);

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

bool ends_name(char c) {
  constexpr std::string_view ends = " \t.[]()=<>!&|,~+*/\"'";
  return ends.find(c) != std::string_view::npos;
}

Result<JsonPath> PathParser::read_path() {
  JsonPath path;
  path.is_relative = is_at("@");
  if (!take("$") && !take("@") && at_ < text_.size() && text_[at_] != '[' && text_[at_] != '.') {
    // A path may start with a name.
    TRY(std::string name, read_name());
    if (name == "*") {
      path.steps.push_back({JsonStep::All{}});
    } else {
      path.steps.push_back({JsonStep::Keys{std::move(name)}});
    }
  }
  TRY(read_steps(path));
  return path;
}

Result<> PathParser::read_steps(JsonPath& path) {
  while (at_ < text_.size()) {
    if (take("..")) {
      path.steps.push_back({JsonStep::Descend{}});
      if (at_ == text_.size() || is_at("[") || is_at(".")) continue;
    } else if (is_at("[")) {
      TRY(JsonStep step, read_bracket());
      path.steps.push_back(std::move(step));
      continue;
    } else if (!take(".")) {
      return {};
    }
    if (is_at("[")) continue;
    TRY(std::string name, read_name());
    if (name == "*") {
      path.steps.push_back({JsonStep::All{}});
    } else {
      path.steps.push_back({JsonStep::Keys{std::move(name)}});
    }
  }
  return {};
}

Result<std::string> PathParser::read_name() {
  if (take("*")) return "*";
  size_t start = at_;
  while (at_ < text_.size() && !ends_name(text_[at_])) ++at_;
  if (at_ == start) return fail_here("a name can't be empty");
  return std::string(text_.substr(start, at_ - start));
}

std::optional<int64_t> PathParser::read_integer() {
  skip_blanks();
  int64_t value = 0;
  const char* begin = text_.data() + at_;
  auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc()) return std::nullopt;
  at_ += static_cast<size_t>(stop - begin);
  return value;
}

Result<std::string> PathParser::read_quoted() {
  char quote = text_[at_++];
  std::string out;
  while (at_ < text_.size()) {
    char c = text_[at_++];
    if (c == quote) return out;
    if (c == '\\' && at_ < text_.size()) c = text_[at_++];
    out += c;
  }
  return fail_here("not terminated");
}

Result<JsonStep> PathParser::read_bracket() {
  ++at_;
  skip_blanks();
  if (at_ >= text_.size()) return fail_here("not terminated");
  if (take("*")) {
    if (!take_token("]")) return fail_here("not terminated");
    return JsonStep{JsonStep::All{}};
  }
  if (take("?")) {
    if (++depth_ > depth_max) return fail_here("too many nested filters");
    TRY(JsonFilter condition, read_either());
    --depth_;
    if (!take_token("]")) return fail_here("not terminated");
    return JsonStep{JsonStep::Filter{std::make_shared<const JsonFilter>(std::move(condition))}};
  }
  if (is_at(":")) return read_slice(std::nullopt);
  return read_keys();
}

Result<JsonStep> PathParser::read_keys() {
  JsonStep::Keys keys;
  do {
    skip_blanks();
    if (at_ >= text_.size()) return fail_here("not terminated");
    if (text_[at_] == '\'' || text_[at_] == '"') {
      TRY(std::string name, read_quoted());
      keys.emplace_back(std::move(name));
    } else {
      auto index = read_integer();
      if (!index) return fail_here("expected a name in quotes or a number");
      skip_blanks();
      if (keys.empty() && is_at(":")) return read_slice(index);
      keys.emplace_back(*index);
    }
  } while (take_token(","));
  if (!take_token("]")) return fail_here("not terminated");
  return JsonStep{std::move(keys)};
}

Result<JsonStep> PathParser::read_slice(std::optional<int64_t> start) {
  JsonStep::Slice slice{.start = start, .end = std::nullopt};
  ++at_;
  slice.end = read_integer();
  if (take_token(":")) slice.step = read_integer().value_or(1);
  if (!take_token("]")) return fail_here("not terminated");
  return JsonStep{slice};
}

Result<JsonFilter> PathParser::read_either() {
  TRY(JsonFilter left, read_both());
  while (take_token("||")) {
    TRY(JsonFilter right, read_both());
    left = {.kind = Kind::either, .operands = {std::move(left), std::move(right)}};
  }
  return left;
}

Result<JsonFilter> PathParser::read_both() {
  TRY(JsonFilter left, read_comparison());
  while (take_token("&&")) {
    TRY(JsonFilter right, read_comparison());
    left = {.kind = Kind::both, .operands = {std::move(left), std::move(right)}};
  }
  return left;
}

Result<JsonFilter> PathParser::read_comparison() {
  struct Operator {
    std::string_view token;
    Kind kind;
  };
  constexpr Operator operators[] = {
      {"==", Kind::equal},   {"!=", Kind::not_equal},     {"<=", Kind::less_equal},
      {"<", Kind::less},     {">=", Kind::greater_equal}, {">", Kind::greater},
      {"=~", Kind::matches}, {"~=", Kind::matches},       {"in ", Kind::in}};
  TRY(JsonFilter left, read_operand());
  skip_blanks();
  for (const auto& [token, kind] : operators) {
    if (!take(token)) continue;
    TRY(JsonFilter right, read_operand());
    return JsonFilter{.kind = kind, .operands = {std::move(left), std::move(right)}};
  }
  return left;
}

Result<JsonFilter> PathParser::read_operand() {
  skip_blanks();
  if (at_ >= text_.size()) return fail_here("not terminated");
  if (take("(")) {
    if (++depth_ > depth_max) return fail_here("too many nested parentheses");
    TRY(JsonFilter inner, read_either());
    --depth_;
    if (!take_token(")")) return fail_here("not terminated");
    return inner;
  }
  if (take("!")) {
    if (++depth_ > depth_max) return fail_here("too many negations");
    TRY(JsonFilter inner, read_operand());
    --depth_;
    return JsonFilter{.kind = Kind::none, .operands = {std::move(inner)}};
  }
  if (is_at("@") || is_at("$")) {
    TRY(JsonPath path, read_path());
    return JsonFilter{.kind = Kind::path, .path = std::move(path)};
  }
  if (is_at("'") || is_at("\"")) {
    TRY(std::string text, read_quoted());
    return JsonFilter{.literal = Value::string(std::move(text))};
  }
  if (take("[")) return read_list();
  if (take("length(")) return read_call(Kind::length);
  if (take("count(")) return read_call(Kind::count);
  if (take("true")) return JsonFilter{.literal = Value::boolean(true)};
  if (take("false")) return JsonFilter{.literal = Value::boolean(false)};
  if (take("null")) return JsonFilter{.literal = Value()};
  return read_number();
}

Result<JsonFilter> PathParser::read_number() {
  double value = 0;
  const char* begin = text_.data() + at_;
  auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc()) return fail_here("'' is not a value or function");
  at_ += static_cast<size_t>(stop - begin);
  return JsonFilter{.literal = Value::floating(value)};
}

// ['a', 'b'], what `in` looks into.
Result<JsonFilter> PathParser::read_list() {
  std::vector<Value> elements;
  if (!take_token("]")) {
    do {
      if (++depth_ > depth_max) return fail_here("too many nested lists");
      TRY(JsonFilter element, read_operand());
      --depth_;
      if (element.kind != Kind::literal) return fail_here("lists are made of literals");
      elements.push_back(element.literal);
    } while (take_token(","));
    if (!take_token("]")) return fail_here("not terminated");
  }
  return JsonFilter{.literal = Value::array(std::move(elements))};
}

Result<JsonFilter> PathParser::read_call(Kind kind) {
  if (++depth_ > depth_max) return fail_here("too many nested calls");
  TRY(JsonFilter argument, read_operand());
  --depth_;
  if (!take_token(")")) return fail_here("not terminated");
  return JsonFilter{.kind = kind, .operands = {std::move(argument)}};
}

}  // namespace

Result<JsonPath> parse_json_path(std::string_view text) { return PathParser(text).run(); }

}  // namespace alloy::stdlib
