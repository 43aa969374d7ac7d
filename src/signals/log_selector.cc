// A recursive descent over the tokens of Go's text/scanner, with the error texts of its parser.
#include "signals/log_selector.h"

#include <algorithm>

#include "base/text.h"
#include "signals/go_string.h"

namespace alloy {
namespace {

enum class Token : unsigned char {
  end,
  identifier,
  string,
  equal,
  not_equal,
  matches,
  not_matches,
  open_brace,
  close_brace,
  comma,
  dot,
  pipe_matches,
  pipe_exact,
};

std::string_view name_of(Token token) {
  constexpr std::string_view names[] = {"$end", "IDENTIFIER", "STRING", "=", "!=", "=~", "!~",
                                        "{",    "}",          ",",      ".", "|~", "|="};
  return names[static_cast<size_t>(token)];
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

class LogSelectorParser {
 public:
  explicit LogSelectorParser(std::string_view text) : text_(text) {}

  Result<LogSelector> parse();

 private:
  using Operation = LogSelector::Operation;

  Result<void> advance();
  Result<void> scan_string();
  void skip_blanks();
  std::unexpected<Error> unexpected(std::string_view expected) const {
    return error("syntax error: unexpected " + std::string(name_of(token_)) + ", expecting " +
                 std::string(expected));
  }
  std::unexpected<Error> error(std::string_view message) const {
    return fail("parse error at line " + std::to_string(line_) + ", col " +
                    std::to_string(column_) + ": " + std::string(message),
                ErrorKind::invalid);
  }
  Result<void> matcher(LogSelector& selector);
  Result<void> filter(LogSelector& selector);
  void step() {
    if (text_[place_] == '\n') {
      ++next_line_;
      next_column_ = 0;
    }
    if ((text_[place_] & 0xc0) != 0x80) ++next_column_;
    ++place_;
  }
  char at(size_t ahead = 0) const {
    return place_ + ahead < text_.size() ? text_[place_ + ahead] : '\0';
  }

  std::string_view text_;
  size_t place_ = 0;
  int next_line_ = 1;
  int next_column_ = 1;
  // The present token.
  Token token_ = Token::end;
  std::string value_;
  int line_ = 1;
  int column_ = 1;
};

void LogSelectorParser::skip_blanks() {
  while (place_ < text_.size()) {
    if (std::string_view(" \t\r\n").contains(at())) {
      step();
    } else if (at() == '/' && at(1) == '/') {
      while (place_ < text_.size() && at() != '\n') step();
    } else if (at() == '/' && at(1) == '*') {
      const size_t end = text_.find("*/", place_ + 2);
      while (place_ < std::min(end, text_.size() - 2) + 2 && place_ < text_.size()) step();
    } else {
      return;
    }
  }
}

Result<void> LogSelectorParser::scan_string() {
  const size_t start = place_;
  const char quote = at();
  step();
  while (place_ < text_.size() && at() != quote && (quote == '`' || at() != '\n')) {
    if (quote != '`' && at() == '\\') step();
    if (place_ < text_.size()) step();
  }
  if (at() != quote || place_ >= text_.size()) return error("literal not terminated");
  step();
  const std::string_view literal = text_.substr(start, place_ - start);
  if (quote != '"') {  // What the scanner calls by other names counts as an identifier.
    token_ = Token::identifier;
    value_ = literal;
    return {};
  }
  auto value = unquote_go(literal);
  if (!value) return error("invalid char escape");
  token_ = Token::string;
  value_ = *std::move(value);
  return {};
}

Result<void> LogSelectorParser::advance() {
  skip_blanks();
  line_ = next_line_;
  column_ = next_column_;
  token_ = Token::end;
  if (place_ >= text_.size()) return {};
  if (at() == '"' || at() == '`' || at() == '\'') return scan_string();
  const size_t start = place_;
  if (is_letter(at()) || is_digit(at())) {
    const bool is_number = is_digit(at());
    while (is_letter(at()) || is_digit(at()) || (is_number && at() == '.')) step();
    token_ = Token::identifier;
    value_ = text_.substr(start, place_ - start);
    return {};
  }
  constexpr Token operators[] = {Token::not_equal,    Token::matches,     Token::not_matches,
                                 Token::pipe_matches, Token::pipe_exact,  Token::equal,
                                 Token::open_brace,   Token::close_brace, Token::comma,
                                 Token::dot};
  for (const Token candidate : operators) {
    const std::string_view spelling = name_of(candidate);
    if (!text_.substr(place_).starts_with(spelling)) continue;
    for (size_t i = 0; i < spelling.size(); ++i) step();
    token_ = candidate;
    return {};
  }
  step();
  while ((at() & 0xc0) == 0x80) step();
  token_ = Token::identifier;
  value_ = text_.substr(start, place_ - start);
  return {};
}

Result<void> LogSelectorParser::matcher(LogSelector& selector) {
  if (token_ != Token::identifier) return unexpected("IDENTIFIER");
  LogSelector::Matcher made{.label = value_, .operation = {}, .value = {}, .expression = {}};
  TRY(advance());
  switch (token_) {
    case Token::equal:
      made.operation = Operation::equal;
      break;
    case Token::not_equal:
      made.operation = Operation::not_equal;
      break;
    case Token::matches:
      made.operation = Operation::matches;
      break;
    case Token::not_matches:
      made.operation = Operation::not_matches;
      break;
    default:
      return unexpected("= or != or =~ or !~");
  }
  TRY(advance());
  if (token_ != Token::string) return unexpected("STRING");
  made.value = value_;
  if (made.operation == Operation::matches || made.operation == Operation::not_matches) {
    TRY(made.expression, RegularExpression::create(made.value));
  }
  selector.matchers_.push_back(std::move(made));
  return advance();
}

Result<void> LogSelectorParser::filter(LogSelector& selector) {
  LogSelector::Filter made;
  switch (token_) {
    case Token::pipe_exact:
      made.operation = Operation::equal;
      break;
    case Token::not_equal:
      made.operation = Operation::not_equal;
      break;
    case Token::pipe_matches:
      made.operation = Operation::matches;
      break;
    case Token::not_matches:
      made.operation = Operation::not_matches;
      break;
    default:
      return unexpected("!= or !~ or |~ or |=");
  }
  TRY(advance());
  if (token_ != Token::string) return unexpected("STRING");
  made.text = value_;
  if (made.operation == Operation::matches || made.operation == Operation::not_matches) {
    TRY(made.expression, SearchExpression::create(made.text));
  }
  selector.filters_.push_back(std::move(made));
  return advance();
}

Result<LogSelector> LogSelectorParser::parse() {
  LogSelector selector;
  TRY(advance());
  if (token_ != Token::open_brace) return unexpected("{");
  TRY(advance());
  TRY(matcher(selector));
  while (token_ == Token::comma) {
    TRY(advance());
    TRY(matcher(selector));
  }
  if (token_ != Token::close_brace) return unexpected("} or ,");
  TRY(advance());
  while (token_ != Token::end) TRY(filter(selector));
  return selector;
}

Result<LogSelector> LogSelector::parse(std::string_view text) {
  return LogSelectorParser(text).parse();
}

bool LogSelector::Matcher::accepts(std::string_view label_value) const {
  switch (operation) {
    case Operation::equal:
      return label_value == value;
    case Operation::not_equal:
      return label_value != value;
    case Operation::matches:
      return expression->matches(label_value);
    case Operation::not_matches:
      return !expression->matches(label_value);
  }
  return false;
}

bool LogSelector::accepts_line(std::string_view line) const {
  return std::ranges::all_of(filters_, [&](const Filter& filter) {
    switch (filter.operation) {
      case Operation::equal:
        return line.contains(filter.text);
      case Operation::not_equal:
        return !line.contains(filter.text);
      case Operation::matches:
        return filter.expression->matches(line);
      case Operation::not_matches:
        return !filter.expression->matches(line);
    }
    return false;
  });
}

}  // namespace alloy
