// The operators of the language.
#pragma once

#include "syntax/token.h"
#include "values/value_error.h"

namespace alloy {

// What is wrong with an operation, and which of its operands.
struct OperandError {
  enum class Operand : unsigned char { left, right };

  ValueError error;
  Operand operand = Operand::left;
};

std::expected<Value, OperandError> apply_binary(const Value& left, syntax::TokenKind operation,
                                                const Value& right);
Converted<Value> apply_unary(syntax::TokenKind operation, const Value& operand);

}  // namespace alloy
