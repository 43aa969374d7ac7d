// The tokens of JMESPath.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::jmespath {

enum class TokenKind : unsigned char {
  unknown,
  star,
  dot,
  filter,   // [?
  flatten,  // []
  left_parenthesis,
  right_parenthesis,
  left_bracket,
  right_bracket,
  left_brace,
  right_brace,
  or_,
  pipe,
  number,
  name,
  quoted_name,
  comma,
  colon,
  plus,
  minus,
  multiply,
  divide,
  modulo,
  integer_divide,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  json_literal,
  string_literal,
  current,
  root,
  expression_reference,
  and_,
  not_,
  variable,
  assign,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
};

// The name that error texts have for it: "TOKStar".
std::string_view name_of(TokenKind kind);
// The last token is `end`.
Result<std::vector<Token>> tokenize(std::string_view expression);

}  // namespace alloy::jmespath
