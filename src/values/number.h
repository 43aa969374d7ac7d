// Numbers of the configuration language: signed, unsigned or floating, in 64 bits each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy {

// In the order in which mixed operands are promoted: unsigned to signed to floating.
enum class NumberKind : unsigned char { unsigned_integer, integer, floating };

class Number {
 public:
  static Number integer(int64_t value) { return {NumberKind::integer, {.integer = value}}; }
  static Number unsigned_integer(uint64_t value) {
    return {NumberKind::unsigned_integer, {.unsigned_integer = value}};
  }
  static Number floating(double value) { return {NumberKind::floating, {.floating = value}}; }
  // The value of a number literal: 12, 0x1f, 0b1, 0o17, 1_000, 1.5, 1e3.
  static Result<Number> parse_literal(std::string_view text);

  NumberKind kind() const { return kind_; }
  // The number in another kind. Integers wrap around and fractions are cut off; what no integer of
  // 64 bits can hold becomes the smallest one, as on x86-64.
  int64_t as_integer() const;
  uint64_t as_unsigned() const;
  double as_floating() const;
  bool is_zero() const;

  // The decimal spelling without an exponent: "12", "-3", "0.1".
  std::string to_string() const;

  // Equality of values across kinds: 3 == 3.0.
  friend bool operator==(Number left, Number right);

 private:
  union Bits {
    int64_t integer;
    uint64_t unsigned_integer;
    double floating;
  };
  Number(NumberKind kind, Bits bits) : kind_(kind), bits_(bits) {}

  NumberKind kind_;
  Bits bits_;
};

// The kind that both operands of an operation are converted to.
inline NumberKind common_kind(Number left, Number right) {
  return left.kind() > right.kind() ? left.kind() : right.kind();
}

// The shortest decimal spelling that reads back as the same number: without an exponent
// ("100000000000000000000"), or the way JSON texts are written ("1e+21").
std::string format_decimal(double value);
std::string format_json_number(double value);

}  // namespace alloy
