#include "values/operators.h"

#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "values/secret.h"

namespace alloy {
namespace {

using syntax::TokenKind;

// A type that an operator takes, and how diagnostics list all that it takes.
struct Operands {
  bool boolean = false;
  bool number = false;
  bool string = false;
  bool capsule = false;
  std::string_view text;

  bool accept(ValueType type) const {
    return (type == ValueType::boolean && boolean) || (type == ValueType::number && number) ||
           (type == ValueType::string && string) || (type == ValueType::capsule && capsule);
  }
};

Operands operands_of(TokenKind operation) {
  switch (operation) {
    case TokenKind::logical_or:
    case TokenKind::logical_and:
      return {.boolean = true, .text = "[bool]"};
    case TokenKind::plus:
      return {.number = true, .string = true, .capsule = true, .text = "[number string capsule]"};
    case TokenKind::less:
    case TokenKind::less_equal:
    case TokenKind::greater:
    case TokenKind::greater_equal:
      return {.number = true, .string = true, .text = "[number string]"};
    default:
      return {.number = true, .text = "[number]"};
  }
}

// Operands of which at least one is a secret, made alike: a secret and a text give two secrets, an
// optional secret that is none counts as its text.
void unwrap_secrets(Value& left, Value& right) {
  const SecretText* a = left.secret();
  const SecretText* b = right.secret();
  bool a_fits = a != nullptr || left.is_string();
  bool b_fits = b != nullptr || right.is_string();
  if (!a_fits || !b_fits) return;
  auto is_always = [](const SecretText* secret) {
    return secret != nullptr && secret->is_always_secret();
  };
  auto text = [](const SecretText* secret, const Value& value) {
    return secret != nullptr ? secret->text() : value.as_string();
  };
  if (is_always(a) || is_always(b)) {
    if (!is_always(a)) left = encapsulate(Secret{text(a, left)});
    if (!is_always(b)) right = encapsulate(Secret{text(b, right)});
    return;
  }
  if (a != nullptr && b != nullptr) return;  // Two optional secrets stay what they are.
  bool is_secret = (a != nullptr && a->is_secret()) || (b != nullptr && b->is_secret());
  if (is_secret) {
    if (a == nullptr) left = encapsulate(OptionalSecret{left.as_string(), true});
    if (b == nullptr) right = encapsulate(OptionalSecret{right.as_string(), true});
  } else {
    if (a != nullptr) left = Value::string(a->text());
    if (b != nullptr) right = Value::string(b->text());
  }
}

Converted<Value> add_capsules(const Value& original, const Value& left, const Value& right) {
  const SecretText* a = left.secret();
  const SecretText* b = right.secret();
  if (a == nullptr || b == nullptr) {
    return std::unexpected(ValueError::failed(
        original, "could not perform binop + for unknown types lhs capsule rhs capsule"));
  }
  std::string text = a->text() + b->text();
  if (a->is_always_secret()) return encapsulate(Secret{std::move(text)});
  return encapsulate(OptionalSecret{std::move(text), a->is_secret() || b->is_secret()});
}

template <class T>
bool compare(TokenKind operation, const T& left, const T& right) {
  switch (operation) {
    case TokenKind::less:
      return left < right;
    case TokenKind::less_equal:
      return left <= right;
    case TokenKind::greater:
      return left > right;
    default:
      return left >= right;
  }
}

// base to the power of exponent, wrapping around. A negative exponent gives the base itself: there
// are no fractions to give.
uint64_t integer_power(uint64_t base, uint64_t exponent) {
  uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

int64_t signed_power(int64_t base, int64_t exponent) {
  if (exponent < 0) return base;
  return static_cast<int64_t>(
      integer_power(static_cast<uint64_t>(base), static_cast<uint64_t>(exponent)));
}

double floating_arithmetic(TokenKind operation, double left, double right) {
  switch (operation) {
    case TokenKind::plus:
      return left + right;
    case TokenKind::minus:
      return left - right;
    case TokenKind::multiply:
      return left * right;
    case TokenKind::divide:
      return left / right;
    case TokenKind::modulo:
      return std::fmod(left, right);
    default:
      return std::pow(left, right);
  }
}

// Sums, differences and products have the same bits for signed and unsigned numbers.
uint64_t wrapping_arithmetic(TokenKind operation, uint64_t left, uint64_t right) {
  if (operation == TokenKind::plus) return left + right;
  if (operation == TokenKind::minus) return left - right;
  return left * right;
}

Number arithmetic(TokenKind operation, Number left, Number right) {
  NumberKind kind = common_kind(left, right);
  if (kind == NumberKind::floating) {
    return Number::floating(
        floating_arithmetic(operation, left.as_floating(), right.as_floating()));
  }
  bool is_signed = kind == NumberKind::integer;
  uint64_t a = left.as_unsigned();
  uint64_t b = right.as_unsigned();
  uint64_t result = 0;
  switch (operation) {
    case TokenKind::divide:
      // Dividing the smallest number by -1 wraps around; it must not trap.
      if (!is_signed)
        result = a / b;
      else if (b == ~uint64_t{0})
        result = 0 - a;
      else
        result = static_cast<uint64_t>(left.as_integer() / right.as_integer());
      break;
    case TokenKind::modulo:
      if (!is_signed)
        result = a % b;
      else if (b == ~uint64_t{0})
        result = 0;
      else
        result = static_cast<uint64_t>(left.as_integer() % right.as_integer());
      break;
    case TokenKind::power:
      result = is_signed
                   ? static_cast<uint64_t>(signed_power(left.as_integer(), right.as_integer()))
                   : integer_power(a, b);
      break;
    default:
      result = wrapping_arithmetic(operation, a, b);
  }
  return is_signed ? Number::integer(static_cast<int64_t>(result))
                   : Number::unsigned_integer(result);
}

bool compare_numbers(TokenKind operation, Number left, Number right) {
  switch (common_kind(left, right)) {
    case NumberKind::unsigned_integer:
      return compare(operation, left.as_unsigned(), right.as_unsigned());
    case NumberKind::integer:
      return compare(operation, left.as_integer(), right.as_integer());
    case NumberKind::floating:
      break;
  }
  return compare(operation, left.as_floating(), right.as_floating());
}

bool is_comparison(TokenKind operation) {
  return operation == TokenKind::less || operation == TokenKind::less_equal ||
         operation == TokenKind::greater || operation == TokenKind::greater_equal;
}

std::unexpected<OperandError> in_left(ValueError error) {
  return std::unexpected(OperandError{std::move(error), OperandError::Operand::left});
}

std::unexpected<OperandError> in_right(ValueError error) {
  return std::unexpected(OperandError{std::move(error), OperandError::Operand::right});
}

ValueError not_accepted(const Operands& operands, TokenKind operation, const Value& original,
                        ValueType type) {
  return ValueError::failed(original,
                            fmt::format("should be one of {} for binop {}, got {}", operands.text,
                                        syntax::name_of(operation), name_of(type)));
}

}  // namespace

std::expected<Value, OperandError> apply_binary(const Value& original_left, TokenKind operation,
                                                const Value& original_right) {
  Value left = original_left;
  Value right = original_right;
  if (left.is_capsule() || right.is_capsule()) unwrap_secrets(left, right);
  if (operation == TokenKind::equal) return Value::boolean(equal(left, right));
  if (operation == TokenKind::not_equal) return Value::boolean(!equal(left, right));

  Operands operands = operands_of(operation);
  if (!operands.accept(left.type())) {
    return in_left(not_accepted(operands, operation, original_left, left.type()));
  }
  if (!operands.accept(right.type())) {
    return in_right(not_accepted(operands, operation, original_right, right.type()));
  }
  if (left.type() != right.type()) return in_right(ValueError::wrong_type(right, left.type()));

  if (left.is_boolean()) {
    return Value::boolean(operation == TokenKind::logical_or
                              ? left.as_boolean() || right.as_boolean()
                              : left.as_boolean() && right.as_boolean());
  }
  if (left.is_string()) {
    if (operation == TokenKind::plus) return Value::string(left.as_string() + right.as_string());
    return Value::boolean(compare(operation, left.as_string(), right.as_string()));
  }
  if (left.is_capsule()) {
    auto sum = add_capsules(original_left, left, right);
    if (!sum) return in_left(std::move(sum).error());
    return *std::move(sum);
  }
  Number a = left.as_number();
  Number b = right.as_number();
  if (is_comparison(operation)) return Value::boolean(compare_numbers(operation, a, b));
  if ((operation == TokenKind::divide || operation == TokenKind::modulo) && b.is_zero()) {
    return in_right(ValueError::failed(original_right, "divide by zero error"));
  }
  return Value::number(arithmetic(operation, a, b));
}

Converted<Value> apply_unary(TokenKind operation, const Value& operand) {
  if (operation == TokenKind::logical_not) {
    if (operand.is_boolean()) return Value::boolean(!operand.as_boolean());
    return std::unexpected(ValueError::wrong_type(operand, ValueType::boolean));
  }
  if (!operand.is_number()) {
    return std::unexpected(ValueError::wrong_type(operand, ValueType::number));
  }
  Number number = operand.as_number();
  if (number.kind() == NumberKind::floating) return Value::floating(-number.as_floating());
  return Value::integer(static_cast<int64_t>(0 - number.as_unsigned()));
}

}  // namespace alloy
