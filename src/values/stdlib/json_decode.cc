#include "values/stdlib/json_decode.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::stdlib {
namespace {

constexpr int depth_max = 1000;

std::string quote_character(char c) {
  if (c == '\'') return R"('\'')";
  if (c == '"') return R"('"')";
  std::string text;
  append_utf8(text, static_cast<unsigned char>(c));
  text = quote(text);
  text.front() = '\'';
  text.back() = '\'';
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, JsonNumbers numbers) : text_(text), numbers_(numbers) {}

  Result<Value> run() {
    TRY(Value value, read_value(0));
    skip_blanks();
    if (at_ < text_.size()) return unexpected("after top-level value");
    return value;
  }

 private:
  // The error for the character here.
  std::unexpected<Error> unexpected(std::string_view where) const {
    if (at_ >= text_.size()) return fail("unexpected end of JSON input", ErrorKind::invalid);
    return fail(fmt::format("invalid character {} {}", quote_character(text_[at_]), where),
                ErrorKind::invalid);
  }
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool is_at_digit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
  void skip_blanks() {
    while (is_at(' ') || is_at('\t') || is_at('\n') || is_at('\r')) ++at_;
  }

  Result<Value> read_value(int depth);
  Result<Value> read_literal(std::string_view literal, Value value);
  Result<Value> read_number();
  Result<Value> read_array(int depth);
  Result<Value> read_object(int depth);
  Result<std::string> read_string();
  Result<> read_escape(std::string& out);
  Result<char32_t> read_hex();
  Result<> read_digits(std::string_view where);

  std::string_view text_;
  JsonNumbers numbers_;
  size_t at_ = 0;
};

Result<Value> Parser::read_value(int depth) {
  if (depth > depth_max) return fail("exceeded max depth", ErrorKind::invalid);
  skip_blanks();
  if (at_ >= text_.size()) return unexpected("");
  switch (text_[at_]) {
    case '{':
      return read_object(depth + 1);
    case '[':
      return read_array(depth + 1);
    case '"': {
      TRY(std::string text, read_string());
      return Value::string(std::move(text));
    }
    case 't':
      return read_literal("true", Value::boolean(true));
    case 'f':
      return read_literal("false", Value::boolean(false));
    case 'n':
      return read_literal("null", Value());
    default:
      if (is_at('-') || is_at_digit()) return read_number();
      return unexpected("looking for beginning of value");
  }
}

Result<Value> Parser::read_literal(std::string_view literal, Value value) {
  for (char c : literal) {
    if (!is_at(c)) return unexpected(fmt::format("in literal {} (expecting '{}')", literal, c));
    ++at_;
  }
  return value;
}

Result<> Parser::read_digits(std::string_view where) {
  if (!is_at_digit()) return unexpected(where);
  while (is_at_digit()) ++at_;
  return {};
}

Result<Value> Parser::read_number() {
  size_t start = at_;
  if (is_at('-')) ++at_;
  if (is_at('0')) {
    ++at_;
  } else {
    TRY(read_digits("in numeric literal"));
  }
  if (is_at('.')) {
    ++at_;
    TRY(read_digits("after decimal point in numeric literal"));
  }
  if (is_at('e') || is_at('E')) {
    ++at_;
    if (is_at('+') || is_at('-')) ++at_;
    TRY(read_digits("in exponent of numeric literal"));
  }
  std::string number(text_.substr(start, at_ - start));
  if (numbers_ == JsonNumbers::exact && number.find_first_of(".eE") == std::string::npos) {
    int64_t whole = 0;
    auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), whole);
    if (error == std::errc()) return Value::integer(whole);
  }
  double value = std::strtod(number.c_str(), nullptr);
  if (std::isinf(value)) {
    return fail(
        fmt::format("json: cannot unmarshal number {} into Go value of type float64", number),
        ErrorKind::invalid);
  }
  return Value::floating(value);
}

Result<Value> Parser::read_array(int depth) {
  ++at_;
  std::vector<Value> elements;
  skip_blanks();
  if (is_at(']')) {
    ++at_;
    return Value::array(std::move(elements));
  }
  for (;;) {
    TRY(Value element, read_value(depth));
    elements.push_back(std::move(element));
    skip_blanks();
    if (is_at(']')) break;
    if (!is_at(',')) return unexpected("after array element");
    ++at_;
  }
  ++at_;
  return Value::array(std::move(elements));
}

Result<Value> Parser::read_object(int depth) {
  ++at_;
  std::vector<Object::Member> members;
  skip_blanks();
  if (is_at('}')) {
    ++at_;
    return Value::object(Object::sorted({}));
  }
  for (;;) {
    skip_blanks();
    if (!is_at('"')) return unexpected("looking for beginning of object key string");
    TRY(std::string key, read_string());
    skip_blanks();
    if (!is_at(':')) return unexpected("after object key");
    ++at_;
    TRY(Value value, read_value(depth));
    members.push_back({std::move(key), std::move(value)});
    skip_blanks();
    if (is_at('}')) break;
    if (!is_at(',')) return unexpected("after object key:value pair");
    ++at_;
  }
  ++at_;
  return Value::object(Object::sorted(std::move(members)));
}

Result<std::string> Parser::read_string() {
  ++at_;
  std::string out;
  while (at_ < text_.size()) {
    char c = text_[at_];
    if (c == '"') {
      ++at_;
      return out;
    }
    if (c == '\\') {
      ++at_;
      TRY(read_escape(out));
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return unexpected("in string literal");
    } else {
      std::string_view rest = text_.substr(at_);
      append_utf8(out, next_code_point(rest));
      at_ = text_.size() - rest.size();
    }
  }
  return unexpected("");
}

Result<char32_t> Parser::read_hex() {
  char32_t value = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    char c = at_ < text_.size() ? text_[at_] : '\0';
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0) return unexpected("in \\u hexadecimal character escape");
    value = value << 4 | static_cast<char32_t>(digit);
  }
  return value;
}

// Reads what stands behind a backslash. Halves of surrogate pairs become U+FFFD.
Result<> Parser::read_escape(std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (at_ >= text_.size()) return unexpected("");
  if (size_t index = letters.find(text_[at_]); index != std::string_view::npos) {
    out += meanings[index];
    ++at_;
    return {};
  }
  if (!is_at('u')) return unexpected("in string escape code");
  ++at_;
  TRY(char32_t unit, read_hex());
  bool is_surrogate = unit >= 0xd800 && unit < 0xe000;
  if (is_surrogate && unit < 0xdc00 && text_.substr(at_).starts_with("\\u")) {
    size_t before = at_;
    at_ += 2;
    TRY(char32_t low, read_hex());
    if (low >= 0xdc00 && low < 0xe000) {
      append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
      return {};
    }
    at_ = before;
  }
  append_utf8(out, is_surrogate ? U'\ufffd' : unit);
  return {};
}

}  // namespace

Result<Value> decode_json(std::string_view text, JsonNumbers numbers) {
  return Parser(text, numbers).run();
}

}  // namespace alloy::stdlib
