#include "syntax/scanner.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/unicode.h"

namespace alloy::syntax {

namespace {

constexpr char32_t end_of_text = 0xFFFFFFFF;
constexpr char32_t byte_order_mark = 0xFEFF;

bool is_decimal(char32_t c) { return c >= '0' && c <= '9'; }

bool is_blank(char32_t c) { return c == ' ' || c == '\t' || c == '\r'; }

// Whether the byte is ordinary text in every kind of string and comment.
bool is_plain(char c) {
  static constexpr auto plain = [] {
    std::array<bool, 256> table{};
    for (size_t byte = ' '; byte < 0x7F; ++byte) table[byte] = true;
    for (const char meaning : {'"', '`', '\'', '\\', '*'})
      table[static_cast<size_t>(meaning)] = false;
    return table;
  }();
  return plain[static_cast<unsigned char>(c)];
}

bool is_ascii_name(unsigned char c) {
  static constexpr auto names = [] {
    std::array<bool, 256> table{};
    for (const char byte : std::string_view("_0123456789abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
      table[static_cast<size_t>(byte)] = true;
    return table;
  }();
  return names[c];
}

// 16 for what is no digit, which is no digit of any base.
uint32_t digit_value(char32_t c) {
  if (is_decimal(c)) return c - '0';
  const char32_t lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

// "U+0040 '@'", or without the character if it can't be shown.
std::string describe(char32_t c) {
  std::string out = fmt::format("U+{:04X}", static_cast<uint32_t>(c));
  if (!is_printable(c)) return out;
  out += " '";
  append_utf8(out, c);
  return out + "'";
}

// What other languages have the character for.
std::string_view hint_at(char32_t c) {
  if (c == '#') return "comments start with // or /*";
  if (c == ':') return "a name and its value are joined by =";
  if (c == ';') return "statements end with their line";
  return "";
}

TokenKind keyword_or_identifier(std::string_view text) {
  if (text == "true" || text == "false") return TokenKind::boolean;
  return text == "null" ? TokenKind::null : TokenKind::identifier;
}

// The comment without its carriage returns, save one between "*" and "/", whose loss would end it.
std::string_view without_carriage_returns(std::string_view text,
                                          std::pmr::memory_resource& memory) {
  const bool is_block = text[1] == '*';
  char* out = static_cast<char*>(memory.allocate(text.size(), 1));
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool keeps_open =
        is_block && size > 2 && out[size - 1] == '*' && i + 1 < text.size() && text[i + 1] == '/';
    if (text[i] != '\r' || keeps_open) out[size++] = text[i];
  }
  return {out, size};
}

}  // namespace

bool starts_identifier(char32_t c) {
  if (c < 0x80) return is_ascii_name(static_cast<unsigned char>(c)) && !is_decimal(c);
  return is_letter(c);
}
bool continues_identifier(char32_t c) {
  if (c < 0x80) return is_ascii_name(static_cast<unsigned char>(c));
  return is_letter(c) || is_digit(c);
}

Scanner::Scanner(const Source& source, std::pmr::memory_resource& memory, Diagnostics& diagnostics,
                 Span part)
    : text_(source.text), name_(source.name), memory_(memory), diagnostics_(diagnostics) {
  if (part.start.valid()) {
    text_ = text_.substr(0, part.end.offset + 1);
    next_offset_ = part.start.offset;
    line_ = part.start.line;
    line_start_ = part.start.offset + 1 - part.start.column;
  }
  advance();
  if (current_ == byte_order_mark) advance();
}

void Scanner::report(Position position, std::string message, std::string_view note) {
  Diagnostic diagnostic{.range = {name_, position, {}}, .message = std::move(message)};
  if (!note.empty()) diagnostic.notes.emplace_back(note);
  diagnostics_.add(std::move(diagnostic));
}

std::string_view Scanner::text_from(uint32_t start) const {
  return text_.substr(start, offset_ - start);
}

// Makes the next character the current one, and reports it if no text may contain it.
void Scanner::advance() {
  if (current_ == '\n') {
    ++line_;
    line_start_ = next_offset_;
  }
  offset_ = next_offset_;
  if (next_offset_ >= text_.size()) {
    current_ = end_of_text;
    return;
  }
  const auto byte = static_cast<unsigned char>(text_[next_offset_]);
  if (byte == 0 || byte >= 0x80) return advance_special(byte);
  current_ = byte;
  ++next_offset_;
}

void Scanner::advance_special(unsigned char byte) {
  std::string_view rest = text_.substr(next_offset_);
  const size_t before = rest.size();
  current_ = next_code_point(rest);
  const auto width = static_cast<uint32_t>(before - rest.size());
  next_offset_ += width;
  if (byte == 0) {
    report(position(), "illegal character NUL");
  } else if (current_ == 0xFFFD && width == 1) {
    report(position(), "illegal UTF-8 encoding");
  } else if (current_ == byte_order_mark && offset_ > 0) {
    report(position(), "illegal byte order mark");
  }
}

// Skips plain characters of the current line, up to the offset.
void Scanner::advance_to(uint32_t offset) {
  next_offset_ = offset;
  current_ = ' ';
  advance();
}

void Scanner::skip_blanks() {
  while (true) {
    if (is_blank(current_)) {
      uint32_t end = next_offset_;
      while (end < text_.size() && is_blank(text_[end])) ++end;
      advance_to(end);
    } else if (current_ == '\n' && !line_end_counts_) {
      advance();
    } else {
      return;
    }
  }
}

// Skips to the next character that may mean something in a string or a comment, or isn't ASCII.
void Scanner::skip_plain_text() {
  if (current_ >= 0x80 || !is_plain(static_cast<char>(current_))) return;
  uint32_t end = next_offset_;
  while (end < text_.size() && is_plain(text_[end])) ++end;
  advance_to(end);
}

void Scanner::next(Token& token) {
  skip_blanks();
  token.kind = TokenKind::illegal;
  token.position = position();
  token.text = {};
  if (starts_identifier(current_)) {
    scan_identifier(token);
  } else if (is_decimal(current_) ||
             (current_ == '.' && next_offset_ < text_.size() &&
              is_decimal(static_cast<unsigned char>(text_[next_offset_])))) {
    scan_number(token);
  } else {
    return scan_other(token);
  }
  line_end_counts_ = true;
}

void Scanner::scan_identifier(Token& token) {
  uint32_t end = next_offset_;
  while (end < text_.size() && is_ascii_name(static_cast<unsigned char>(text_[end]))) ++end;
  advance_to(end);
  while (continues_identifier(current_)) advance();
  token.text = text_from(token.position.offset);
  token.kind = keyword_or_identifier(token.text);
}

void Scanner::scan_number(Token& token) {
  token.kind = TokenKind::number;
  skip_digits();
  if (current_ == '.') {
    token.kind = TokenKind::floating;
    advance();
    skip_digits();
  }
  if (current_ == 'e' || current_ == 'E') {
    token.kind = TokenKind::floating;
    advance();
    if (current_ == '+' || current_ == '-') advance();
    if (skip_digits() == 0) report(token.position, "exponent has no digits");
  }
  token.text = text_from(token.position.offset);
}

uint32_t Scanner::skip_digits() {
  const uint32_t start = offset_;
  while (is_decimal(current_)) advance();
  return offset_ - start;
}

// Behind the opening quote. Raw strings know no escapes, and may go over several lines.
void Scanner::scan_string(Token& token, char32_t quote) {
  const bool is_raw = quote == '`';
  while (true) {
    skip_plain_text();
    const char32_t c = current_;
    if (c == end_of_text || (c == '\n' && !is_raw)) {
      report(token.position, "string literal not terminated");
      break;
    }
    advance();
    if (c == quote) break;
    if (c == '\\' && !is_raw) scan_escape();
  }
  token.text = text_from(token.position.offset);
}

// Behind the backslash. A character that does not belong to the escape is left to the string.
void Scanner::scan_escape() {
  constexpr std::u32string_view simple = U"abfnrtv\\\"";
  const Position start = position();
  if (simple.contains(current_)) return advance();
  if (current_ >= '0' && current_ <= '7') return scan_code_point_escape(start, 3, 8, 255);
  switch (current_) {
    case 'x':
      advance();
      return scan_code_point_escape(start, 2, 16, 255);
    case 'u':
      advance();
      return scan_code_point_escape(start, 4, 16, 0x10FFFF);
    case 'U':
      advance();
      return scan_code_point_escape(start, 8, 16, 0x10FFFF);
    case end_of_text:
      return report(start, "escape sequence not terminated");
    default:
      return report(start, "unknown escape sequence");
  }
}

void Scanner::scan_code_point_escape(Position start, int digits, uint32_t base, uint32_t max) {
  uint32_t value = 0;
  for (; digits > 0; --digits) {
    if (current_ == end_of_text) return report(start, "escape sequence not terminated");
    const uint32_t digit = digit_value(current_);
    if (digit >= base) {
      return report(start,
                    fmt::format("illegal character {} in escape sequence", describe(current_)));
    }
    value = value * base + digit;
    advance();
  }
  if (value > max || (value >= 0xD800 && value < 0xE000)) {
    report(start, "escape sequence is invalid Unicode code point");
  }
}

// Behind the first slash; the current character is the second one, or a star.
void Scanner::scan_comment(Token& token) {
  token.kind = TokenKind::comment;
  if (current_ == '/') {
    while (current_ != '\n' && current_ != end_of_text) {
      advance();
      skip_plain_text();
    }
  } else {
    advance();
    bool is_closed = false;
    while (current_ != end_of_text && !is_closed) {
      skip_plain_text();
      const bool is_star = current_ == '*';
      advance();
      is_closed = is_star && current_ == '/';
    }
    if (is_closed) {
      advance();
    } else {
      report(token.position, "block comment not terminated");
    }
  }
  token.text = text_from(token.position.offset);
  if (token.text.ends_with('\r')) token.text.remove_suffix(1);
  if (token.text.contains('\r')) token.text = without_carriage_returns(token.text, memory_);
}

// Whether the comment that starts here reaches the end of its line, or only further comments stand
// between: the line end then comes before the comment.
bool Scanner::comment_ends_line() const {
  size_t at = next_offset_;
  while (at < text_.size() && (text_[at] == '/' || text_[at] == '*')) {
    if (text_[at] == '/') return true;
    const size_t close = text_.find("*/", at + 1);
    const size_t line_end = text_.find('\n', at + 1);
    if (line_end < close) return true;
    if (close == std::string_view::npos) return true;
    at = text_.find_first_not_of(" \t\r", close + 2);
    if (at == std::string_view::npos || text_[at] == '\n') return true;
    if (text_[at] != '/') return false;
    ++at;
  }
  return false;
}

bool Scanner::at_comment() const {
  return current_ == '/' && next_offset_ < text_.size() &&
         (text_[next_offset_] == '/' || text_[next_offset_] == '*');
}

TokenKind Scanner::either(TokenKind single, TokenKind with_assign) {
  if (current_ != '=') return single;
  advance();
  return with_assign;
}

TokenKind Scanner::twice(char32_t symbol, TokenKind kind) {
  if (current_ == symbol) {
    advance();
  } else {
    const char c = static_cast<char>(symbol);
    report(position(), fmt::format("missing second {} in {}{}", c, c, c));
  }
  return kind;
}

// Line ends, comments, strings, operators and what is none of the language.
void Scanner::scan_other(Token& token) {
  const char32_t c = current_;
  const bool line_end_counted = std::exchange(line_end_counts_, false);
  if (at_comment()) {
    if (line_end_counted && comment_ends_line()) {
      token.kind = TokenKind::terminator;
      return;
    }
    advance();
    return scan_comment(token);
  }
  if (c == end_of_text || c == '\n') {
    token.kind = line_end_counted ? TokenKind::terminator : TokenKind::end_of_file;
    if (c == '\n') advance();
    return;
  }
  advance();
  if (c == '"' || c == '`' || c == '\'') {
    if (c == '\'') {
      report(token.position, "illegal single-quoted string; use double quotes");
    } else {
      token.kind = TokenKind::string;
    }
    line_end_counts_ = true;
    return scan_string(token, c);
  }
  if (const auto kind = scan_operator(c)) {
    token.kind = *kind;
    line_end_counts_ = c == '}' || c == ')' || c == ']';
    return;
  }
  if (c != byte_order_mark) {
    report(token.position, fmt::format("illegal character {}", describe(c)), hint_at(c));
  }
  token.text = c == 0xFFFD ? "\uFFFD" : text_from(token.position.offset);
  line_end_counts_ = line_end_counted;
}

std::optional<TokenKind> Scanner::scan_operator(char32_t c) {
  switch (c) {
    case '|':
      return twice('|', TokenKind::logical_or);
    case '&':
      return twice('&', TokenKind::logical_and);
    case '!':
      return either(TokenKind::logical_not, TokenKind::not_equal);
    case '=':
      return either(TokenKind::assign, TokenKind::equal);
    case '<':
      return either(TokenKind::less, TokenKind::less_equal);
    case '>':
      return either(TokenKind::greater, TokenKind::greater_equal);
    case '+':
      return TokenKind::plus;
    case '-':
      return TokenKind::minus;
    case '*':
      return TokenKind::multiply;
    case '/':
      return TokenKind::divide;
    case '%':
      return TokenKind::modulo;
    case '^':
      return TokenKind::power;
    case '{':
      return TokenKind::left_curly;
    case '}':
      return TokenKind::right_curly;
    case '(':
      return TokenKind::left_paren;
    case ')':
      return TokenKind::right_paren;
    case '[':
      return TokenKind::left_bracket;
    case ']':
      return TokenKind::right_bracket;
    case ',':
      return TokenKind::comma;
    case '.':
      return TokenKind::dot;
    default:
      return std::nullopt;
  }
}

}  // namespace alloy::syntax
