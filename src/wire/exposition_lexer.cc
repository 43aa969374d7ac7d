// The tokens of both text formats. States and names follow Prometheus' lexers, because error texts
// show them; what a token may look like decides which bodies are accepted.
#include <algorithm>

#include "wire/exposition.h"

namespace alloy::wire {

using namespace std::string_view_literals;

namespace {

constexpr bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::string_view ExpositionParser::name_of(Token token) {
  static constexpr std::string_view names[] = {
      "INVALID", "EOF",    "LINEBREAK", "WHITESPACE", "HELP",      "TYPE",  "UNIT",
      "EOFWORD", "TEXT",   "COMMENT",   "MNAME",      "QSTRING",   "BOPEN", "BCLOSE",
      "LNAME",   "LVALUE", "EQUAL",     "COMMA",      "TIMESTAMP", "VALUE"};
  return names[static_cast<size_t>(token)];
}

ExpositionParser::Token ExpositionParser::token() {
  Token token = Token::whitespace;
  while (token == Token::whitespace) {
    token_start_ = position_;
    token = format_ == TextFormat::prometheus ? lex_prometheus() : lex_open_metrics();
  }
  return token;
}

ExpositionParser::Token ExpositionParser::accept(size_t size, Token kind, State after) {
  position_ += size;
  state_ = after;
  return kind;
}

// "…" with any escapes; stops at the first byte that can't be part of it.
ExpositionParser::Token ExpositionParser::lex_quoted(Token kind, State after) {
  const bool over_lines = format_ == TextFormat::prometheus;
  const bool with_nul = kind == Token::label_value;
  for (++position_; position_ < body_.size(); ++position_) {
    char c = body_[position_];
    if (c == '"') return accept(1, kind, after);
    if (c == '\\') {
      ++position_;
      c = at(position_);
      if (c == '\n') return Token::invalid;
    }
    if (c == '\n' && !over_lines) return Token::invalid;
    if (c == '\0' && !with_nul) return Token::invalid;
  }
  return Token::invalid;
}

ExpositionParser::Token ExpositionParser::lex_name(Token kind, State after) {
  const bool with_colon = kind == Token::metric_name;
  const auto is_part = [&](char c) { return is_name_start(c) || (with_colon && c == ':'); };
  if (!is_part(at(position_))) return Token::invalid;
  while (is_part(at(position_)) || is_digit(at(position_))) ++position_;
  return accept(0, kind, after);
}

// Anything but nothing, up to one of `ends`.
ExpositionParser::Token ExpositionParser::lex_until(std::string_view ends, Token kind,
                                                    State after) {
  const size_t end = std::min(body_.find_first_of(ends, position_), body_.size());
  if (end == position_) return Token::invalid;
  return accept(end - position_, kind, after);
}

ExpositionParser::Token ExpositionParser::lex_prometheus() {
  if (position_ >= body_.size()) return Token::eof;
  if (is_blank(at(position_)) && state_ != State::metadata_text) {
    while (is_blank(at(position_))) ++position_;
    return Token::whitespace;
  }
  switch (state_) {
    case State::initial:
      return lex_initial();
    case State::metadata_name:
      return lex_metadata_name();
    case State::metadata_text:
      return lex_metadata_text();
    case State::labels:
      return lex_labels();
    case State::label_value:
      return lex_label_value();
    default:
      return lex_prometheus_end();
  }
}

ExpositionParser::Token ExpositionParser::lex_initial() {
  const char c = at(position_);
  if (c == '\0' && format_ == TextFormat::prometheus) return Token::eof;
  if (c == '\n' && format_ == TextFormat::prometheus) {
    return accept(1, Token::linebreak, State::initial);
  }
  if (c == '#') return lex_comment();
  if (c == '{') return accept(1, Token::brace_open, State::labels);
  return lex_name(Token::metric_name, State::value);
}

ExpositionParser::Token ExpositionParser::lex_comment() {
  std::string_view rest = body_.substr(position_ + 1);
  if (format_ != TextFormat::prometheus) {
    if (rest.starts_with(" HELP ")) return accept(7, Token::help, State::metadata_name);
    if (rest.starts_with(" TYPE ")) return accept(7, Token::type, State::metadata_name);
    if (rest.starts_with(" UNIT ")) return accept(7, Token::unit, State::metadata_name);
    if (rest.starts_with(" EOF")) {
      return accept(rest.starts_with(" EOF\n") ? 6 : 5, Token::eof_word, State::initial);
    }
    position_ += rest.starts_with(' ') ? 2 : 1;
    return Token::invalid;
  }
  const size_t line_end = std::min(body_.find('\n', position_), body_.size());
  const auto skip_blanks = [&rest] {
    const size_t word = std::min(rest.find_first_not_of(" \t"), rest.size());
    rest.remove_prefix(word);
    return word > 0;
  };
  if (skip_blanks()) {
    const bool is_help = rest.starts_with("HELP");
    if (is_help || rest.starts_with("TYPE")) {
      rest.remove_prefix(4);
      if (skip_blanks()) {
        return accept(body_.size() - rest.size() - position_, is_help ? Token::help : Token::type,
                      State::metadata_name);
      }
    }
  }
  return accept(line_end - position_, Token::comment, State::initial);
}

ExpositionParser::Token ExpositionParser::lex_metadata_name() {
  if (at(position_) == '"') return lex_quoted(Token::metric_name, State::metadata_text);
  return lex_name(Token::metric_name, State::metadata_text);
}

ExpositionParser::Token ExpositionParser::lex_metadata_text() {
  const size_t line_end = body_.find('\n', position_);
  if (format_ == TextFormat::prometheus) {
    return accept(std::min(line_end, body_.size()) - position_, Token::text, State::initial);
  }
  if (at(position_) != ' ' || line_end == std::string_view::npos) return Token::invalid;
  return accept(line_end + 1 - position_, Token::text, State::initial);
}

ExpositionParser::Token ExpositionParser::lex_labels() {
  const bool is_exemplar = state_ == State::exemplar;
  switch (at(position_)) {
    case '}':
      return accept(1, Token::brace_close, State::value);
    case ',':
      return accept(1, Token::comma, state_);
    case '=':
      return accept(1, Token::equal,
                    is_exemplar ? State::exemplar_label_value : State::label_value);
    case '"':
      return lex_quoted(Token::quoted, state_);
    default:
      return lex_name(Token::label_name, state_);
  }
}

ExpositionParser::Token ExpositionParser::lex_label_value() {
  if (at(position_) != '"') return Token::invalid;
  return lex_quoted(Token::label_value,
                    state_ == State::exemplar_label_value ? State::exemplar : State::labels);
}

// What follows the series: a value, a timestamp, the end of the line.
ExpositionParser::Token ExpositionParser::lex_prometheus_end() {
  if (state_ == State::value) {
    if (at(position_) == '{') return accept(1, Token::brace_open, State::labels);
    return lex_until("{ \t\n\0"sv, Token::value, State::timestamp);
  }
  if (at(position_) == '\n') return accept(1, Token::linebreak, State::initial);
  const size_t start = position_;
  while (is_digit(at(position_))) ++position_;
  return position_ == start ? Token::invalid : accept(0, Token::timestamp, State::timestamp);
}

ExpositionParser::Token ExpositionParser::lex_open_metrics() {
  if (position_ >= body_.size()) return Token::eof;
  switch (state_) {
    case State::initial:
      return lex_initial();
    case State::metadata_name:
      return lex_metadata_name();
    case State::metadata_text:
      return lex_metadata_text();
    case State::labels:
      return lex_labels();
    case State::exemplar:
      // After its closing brace an exemplar has a value of its own kind.
      if (at(position_) == '}') {
        return accept(1, Token::brace_close, State::exemplar_label_value);
      }
      return lex_labels();
    case State::label_value:
      return lex_label_value();
    case State::exemplar_label_value:
      if (at(position_) == '"') return lex_label_value();
      return lex_open_metrics_end();
    default:
      return lex_open_metrics_end();
  }
}

// Here a blank is part of the token that it stands before.
ExpositionParser::Token ExpositionParser::lex_open_metrics_end() {
  const bool is_value = state_ == State::value || state_ == State::exemplar_label_value;
  const char c = at(position_);
  if (state_ == State::value && c == '{') return accept(1, Token::brace_open, State::labels);
  if (!is_value && c == '\n') return accept(1, Token::linebreak, State::initial);
  if (c != ' ') return Token::invalid;
  if (state_ == State::timestamp && body_.substr(position_).starts_with(" # ")) {
    if (at(position_ + 3) == '{') return accept(4, Token::comment, State::exemplar);
    position_ += 3;  // The real lexer has gone as far, and does not go back.
    return Token::invalid;
  }
  ++position_;
  if (is_value) {
    return lex_until(" \n\0"sv, Token::value,
                     state_ == State::value ? State::timestamp : State::exemplar_timestamp);
  }
  return lex_until(" \n\0"sv, Token::timestamp, state_);
}

}  // namespace alloy::wire
