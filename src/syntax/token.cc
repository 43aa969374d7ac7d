#include "syntax/token.h"

#include <array>

namespace alloy::syntax {

std::string_view name_of(TokenKind kind) {
  static constexpr std::array<std::string_view, 34> names = {
      "ILLEGAL", "EOF", "COMMENT", "IDENT", "NUMBER", "FLOAT", "STRING",    "BOOL", "NULL",
      "||",      "&&",  "!",       "=",     "==",     "!=",    "<",         "<=",   ">",
      ">=",      "+",   "-",       "*",     "/",      "%",     "^",         "{",    "}",
      "(",       ")",   "[",       "]",     ",",      ".",     "TERMINATOR"};
  static_assert(names.size() == static_cast<size_t>(TokenKind::terminator) + 1);
  return names[static_cast<size_t>(kind)];
}

int binary_precedence(TokenKind kind) {
  switch (kind) {
    case TokenKind::logical_or:
      return 1;
    case TokenKind::logical_and:
      return 2;
    case TokenKind::equal:
    case TokenKind::not_equal:
    case TokenKind::less:
    case TokenKind::less_equal:
    case TokenKind::greater:
    case TokenKind::greater_equal:
      return 3;
    case TokenKind::plus:
    case TokenKind::minus:
      return 4;
    case TokenKind::multiply:
    case TokenKind::divide:
    case TokenKind::modulo:
      return 5;
    case TokenKind::power:
      return 6;
    default:
      return 0;
  }
}

}  // namespace alloy::syntax
