// Cuts templates into tokens.
#include "signals/template/token.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unicode.h"

namespace alloy::go_template {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::array<std::string_view, 10> keywords = {
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}

  std::vector<Token> run();

 private:
  bool plain();
  bool comment();
  bool action();
  bool one_token();
  bool quoted(char quote);
  bool number();
  bool word(TokenKind kind, size_t skip);
  void push(TokenKind kind, size_t size) {
    tokens_.push_back({kind, std::string(rest_.substr(0, size)), line_, after_space_});
    advance(size);
    after_space_ = false;
  }
  bool error(std::string message) {
    tokens_.push_back({TokenKind::error, std::move(message), line_, false});
    return false;
  }
  void advance(size_t size) {
    line_ += static_cast<int>(std::ranges::count(rest_.substr(0, size), '\n'));
    rest_.remove_prefix(size);
  }
  // The size of the letters, digits and underscores at a place.
  size_t word_end(size_t start) const;
  bool closes_with_trim() const {
    return rest_.size() >= 4 && blanks.contains(rest_[0]) && rest_.substr(1).starts_with("-}}");
  }
  void trim_next() { advance(std::min(rest_.find_first_not_of(blanks), rest_.size())); }

  std::string_view rest_;
  std::vector<Token> tokens_;
  int line_ = 1;
  int open_parentheses_ = 0;
  bool after_space_ = false;
};

size_t Lexer::word_end(size_t start) const {
  std::string_view text = rest_.substr(std::min(start, rest_.size()));
  while (!text.empty()) {
    std::string_view behind = text;
    const char32_t c = next_code_point(behind);
    if (c != '_' && !is_letter(c) && !is_digit(c)) break;
    text = behind;
  }
  return rest_.size() - text.size();
}

// Text up to the next action.
bool Lexer::plain() {
  const size_t size = std::min(rest_.find("{{"), rest_.size());
  std::string_view text = rest_.substr(0, size);
  const bool trims = rest_.substr(size).starts_with("{{-") && size + 3 < rest_.size() &&
                     blanks.contains(rest_[size + 3]);
  if (trims) text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (!text.empty()) tokens_.push_back({TokenKind::plain, std::string(text), line_, false});
  advance(size);
  if (rest_.empty()) return false;
  const size_t mark = trims ? 4 : 2;
  if (rest_.substr(mark).starts_with("/*")) {
    advance(mark);
    return comment();
  }
  tokens_.push_back({TokenKind::open, "{{", line_, false});
  advance(mark);
  return action();
}

bool Lexer::comment() {
  const size_t end = rest_.find("*/");
  if (end == std::string_view::npos) return error("unclosed comment");
  advance(end + 2);
  if (closes_with_trim()) {
    advance(4);
    trim_next();
    return true;
  }
  if (!rest_.starts_with("}}")) return error("comment ends before closing delimiter");
  advance(2);
  return true;
}

bool Lexer::action() {
  open_parentheses_ = 0;
  while (true) {
    const bool trims = closes_with_trim();
    if (trims || rest_.starts_with("}}")) {
      if (open_parentheses_ > 0) return error("unclosed left paren");
      if (trims) advance(2);
      push(TokenKind::close, 2);
      if (trims) trim_next();
      return true;
    }
    if (rest_.empty()) return error("unclosed action");
    if (blanks.contains(rest_[0])) {
      advance(1);
      after_space_ = true;
      continue;
    }
    if (!one_token()) return false;
  }
}

bool Lexer::quoted(char quote) {
  size_t size = 1;
  while (size < rest_.size() && rest_[size] != quote) {
    if (quote != '`') {
      if (rest_[size] == '\n') break;
      if (rest_[size] == '\\') ++size;
    }
    ++size;
  }
  if (size >= rest_.size() || rest_[size] != quote) {
    if (quote == '`') return error("unterminated raw quoted string");
    return error(quote == '"' ? "unterminated quoted string" : "unterminated character constant");
  }
  push(quote == '\'' ? TokenKind::number : TokenKind::string, size + 1);
  return true;
}

bool Lexer::number() {
  size_t size = 0;
  if (rest_[0] == '+' || rest_[0] == '-') ++size;
  const std::string_view digits = rest_.substr(size);
  const bool is_hex = digits.starts_with("0x") || digits.starts_with("0X");
  const bool has_base = is_hex || digits.starts_with("0o") || digits.starts_with("0O") ||
                        digits.starts_with("0b") || digits.starts_with("0B");
  if (has_base) size += 2;
  const auto is_part = [&](char c) {
    if ((c >= '0' && c <= '9') || c == '_' || c == '.') return true;
    if (is_hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return true;
    if (std::string_view(is_hex ? "pP" : "eE").contains(c)) return true;
    return (c == '+' || c == '-') &&
           std::string_view(is_hex ? "pP" : "eE").contains(rest_[size - 1]);
  };
  while (size < rest_.size() && is_part(rest_[size])) ++size;
  if (word_end(size) > size) {
    return error("bad number syntax: " + quote(rest_.substr(0, word_end(size))));
  }
  push(TokenKind::number, size);
  return true;
}

// A name, behind a dot or a dollar sign.
bool Lexer::word(TokenKind kind, size_t skip) {
  const size_t size = word_end(skip);
  std::string_view behind = rest_.substr(size);
  const bool is_bounded = behind.empty() || blanks.contains(behind[0]) ||
                          std::string_view(".,|:)(=").contains(behind[0]) ||
                          behind.starts_with("}}");
  if (!is_bounded) {
    const std::string_view before = behind;
    const char32_t c = next_code_point(behind);
    return error(fmt::format("bad character U+{:04X} '{}'", static_cast<uint32_t>(c),
                             before.substr(0, before.size() - behind.size())));
  }
  const std::string_view text = rest_.substr(0, size);
  if (kind == TokenKind::name) {
    if (std::ranges::find(keywords, text) != keywords.end()) kind = TokenKind::keyword;
    if (text == "true" || text == "false") kind = TokenKind::boolean;
    if (text == "nil") kind = TokenKind::nil;
  }
  push(kind, size);
  return true;
}

bool Lexer::one_token() {
  const char c = rest_[0];
  const char next = rest_.size() > 1 ? rest_[1] : '\0';
  const bool is_digit_next = next >= '0' && next <= '9';
  switch (c) {
    case '"':
    case '`':
    case '\'':
      return quoted(c);
    case '|':
      push(TokenKind::pipe, 1);
      return true;
    case ',':
      push(TokenKind::comma, 1);
      return true;
    case '=':
      push(TokenKind::assign, 1);
      return true;
    case ':':
      if (next != '=') return error("expected :=");
      push(TokenKind::declare, 2);
      return true;
    case '(':
      ++open_parentheses_;
      push(TokenKind::left_parenthesis, 1);
      return true;
    case ')':
      if (--open_parentheses_ < 0) return error("unexpected right paren");
      push(TokenKind::right_parenthesis, 1);
      return true;
    case '$':
      return word(TokenKind::variable, 1);
    case '.':
      if (is_digit_next) return number();
      if (word_end(1) == 1) {
        push(TokenKind::dot, 1);
        return true;
      }
      return word(TokenKind::field, 1);
    case '+':
    case '-':
    case '0' ... '9':
      return number();
    default:
      break;
  }
  std::string_view behind = rest_;
  const char32_t code = next_code_point(behind);
  if (code == '_' || is_letter(code)) return word(TokenKind::name, 0);
  if (code >= 0x20 && code < 0x7f) {
    push(TokenKind::other, 1);
    return true;
  }
  return error(fmt::format("unrecognized character in action: U+{:04X} '{}'",
                           static_cast<uint32_t>(code),
                           rest_.substr(0, rest_.size() - behind.size())));
}

std::vector<Token> Lexer::run() {
  while (!rest_.empty()) {
    if (!plain()) break;
  }
  if (tokens_.empty() || tokens_.back().kind != TokenKind::error) {
    tokens_.push_back({TokenKind::end, "", line_, false});
  }
  return std::move(tokens_);
}

}  // namespace

std::string Token::describe() const {
  if (kind == TokenKind::end) return "EOF";
  if (kind == TokenKind::error) return text;
  if (kind == TokenKind::keyword || kind == TokenKind::dot || kind == TokenKind::nil) {
    return "<" + text + ">";
  }
  if (text.size() > 10) return quote(text.substr(0, 10)) + "...";
  return quote(text);
}

std::vector<Token> tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace alloy::go_template
