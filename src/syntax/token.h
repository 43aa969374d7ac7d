// The kinds of token the language has, with the names that diagnostics print.
#pragma once

#include <cstdint>
#include <string_view>

#include "syntax/source.h"

namespace alloy::syntax {

enum class TokenKind : uint8_t {
  illegal,
  end_of_file,
  comment,
  identifier,
  number,         // 1234
  floating,       // 12.5, 1e3
  string,         // "text" or `raw text`
  boolean,        // true, false
  null,           // null
  logical_or,     // ||
  logical_and,    // &&
  logical_not,    // !
  assign,         // =
  equal,          // ==
  not_equal,      // !=
  less,           // <
  less_equal,     // <=
  greater,        // >
  greater_equal,  // >=
  plus,           // +
  minus,          // -
  multiply,       // *
  divide,         // /
  modulo,         // %
  power,          // ^
  left_curly,     // {
  right_curly,    // }
  left_paren,     // (
  right_paren,    // )
  left_bracket,   // [
  right_bracket,  // ]
  comma,          // ,
  dot,            // .
  terminator,     // The line end that closes a statement.
};

// How diagnostics name the kind; for operators this is also their spelling.
std::string_view name_of(TokenKind kind);

// How tightly a binary operator binds: 1 (||) to 6 (^); 0 for everything else.
int binary_precedence(TokenKind kind);

struct Token {
  // Literals, identifiers and comments as written (strings with their quotes); else empty.
  std::string_view text;
  Position position;
  TokenKind kind = TokenKind::illegal;
};

}  // namespace alloy::syntax
