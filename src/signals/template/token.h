// The tokens of templates.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alloy::go_template {

enum class TokenKind : unsigned char {
  end,      // Of the template.
  error,    // The text says what is wrong.
  plain,    // Text outside of actions.
  open,     // {{
  close,    // }}
  name,     // A function.
  keyword,  // if, range, …
  boolean,
  nil,
  dot,
  field,     // .name
  variable,  // $name
  number,    // Also 'c'.
  string,    // "…" or `…`
  pipe,
  comma,
  assign,   // =
  declare,  // :=
  left_parenthesis,
  right_parenthesis,
  other,  // Some other character.
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  int line = 1;
  bool after_space = false;

  // As error texts show it.
  std::string describe() const;
};

// The last token is `end` or `error`.
std::vector<Token> tokenize(std::string_view text);

}  // namespace alloy::go_template
