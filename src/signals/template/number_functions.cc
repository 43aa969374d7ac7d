// sprig's functions over numbers. Decimal arithmetic is that of doubles, rounded to 15 digits.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "signals/number_text.h"
#include "signals/template/convert.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

constexpr size_t elements_max = 100'000;

bool give(int64_t value, Value& out) {
  out = Value::integer(value, IntegerType::int64);
  return true;
}
bool give_int(int64_t value, Value& out) {
  out = Value::integer(value);
  return true;
}
bool give_float(double value, Value& out) {
  out = Value::floating(value);
  return true;
}

uint64_t bits(const Value& value) { return static_cast<uint64_t>(to_integer(value)); }

bool add(Arguments in, Value& out, Failure&) {
  uint64_t sum = 0;
  for (const Value& value : in) sum += bits(value);
  return give(static_cast<int64_t>(sum), out);
}
bool add1(Arguments in, Value& out, Failure&) {
  return give(static_cast<int64_t>(bits(in[0]) + 1), out);
}
bool subtract(Arguments in, Value& out, Failure&) {
  return give(static_cast<int64_t>(bits(in[0]) - bits(in[1])), out);
}
bool multiply(Arguments in, Value& out, Failure&) {
  uint64_t product = bits(in[0]);
  for (const Value& value : in.subspan(1)) product *= bits(value);
  return give(static_cast<int64_t>(product), out);
}

template <bool gives_remainder>
bool divide(Arguments in, Value& out, Failure& failure) {
  const int64_t left = to_integer(in[0]);
  const int64_t right = to_integer(in[1]);
  if (right == 0) return failure("runtime error: integer divide by zero");
  if (right == -1) return give(gives_remainder ? 0 : static_cast<int64_t>(0 - bits(in[0])), out);
  return give(gives_remainder ? left % right : left / right, out);
}

template <bool takes_largest>
bool extreme(Arguments in, Value& out, Failure&) {
  int64_t best = to_integer(in[0]);
  for (const Value& value : in.subspan(1)) {
    best = takes_largest ? std::max(best, to_integer(value)) : std::min(best, to_integer(value));
  }
  return give(best, out);
}

template <bool takes_largest>
bool extreme_float(Arguments in, Value& out, Failure&) {
  double best = to_floating(in[0]);
  for (const Value& value : in.subspan(1)) {
    best =
        takes_largest ? std::fmax(best, to_floating(value)) : std::fmin(best, to_floating(value));
  }
  return give_float(best, out);
}

// As decimals would give it: 0.1 + 0.2 is 0.3.
double decimal(long double value) {
  if (!std::isfinite(value)) return static_cast<double>(value);
  return std::strtod(fmt::format("{:.15e}", static_cast<double>(value)).c_str(), nullptr);
}

template <char operation>
bool decimal_operation(Arguments in, Value& out, Failure& failure) {
  const bool starts_at_zero = operation == '+';
  long double result = starts_at_zero ? 0.0L : to_floating(in[0]);
  for (const Value& value : in.subspan(starts_at_zero ? 0 : 1)) {
    const long double other = to_floating(value);
    if (operation == '+') result += other;
    if (operation == '-') result -= other;
    if (operation == '*') result *= other;
    if (operation == '/') {
      if (other == 0) return failure("decimal division by 0");
      // Decimals are divided to 16 places.
      result = std::strtold(fmt::format("{:.16f}", result / other).c_str(), nullptr);
    }
  }
  if (operation == '/') return give_float(static_cast<double>(result), out);
  return give_float(decimal(result), out);
}

bool add1_float(Arguments in, Value& out, Failure&) {
  return give_float(decimal(1.0L + to_floating(in[0])), out);
}
bool ceil(Arguments in, Value& out, Failure&) {
  return give_float(std::ceil(to_floating(in[0])), out);
}
bool floor(Arguments in, Value& out, Failure&) {
  return give_float(std::floor(to_floating(in[0])), out);
}

bool round(Arguments in, Value& out, Failure&) {
  const double turn = in.size() > 2 ? in[2].as_floating() : 0.5;
  const double power = std::pow(10, static_cast<double>(in[1].as_integer().value));
  const double digit = power * to_floating(in[0]);
  double whole = 0;
  const double rest = std::modf(digit, &whole);
  return give_float((rest >= turn ? std::ceil(digit) : std::floor(digit)) / power, out);
}

bool atoi(Arguments in, Value& out, Failure&) {
  return give_int(parse_integer(in[0].as_text()).value_or(0), out);
}
bool to_int(Arguments in, Value& out, Failure&) { return give_int(to_integer(in[0]), out); }
bool to_int64(Arguments in, Value& out, Failure&) { return give(to_integer(in[0]), out); }
bool to_float(Arguments in, Value& out, Failure&) { return give_float(to_floating(in[0]), out); }
bool to_decimal(Arguments in, Value& out, Failure&) {
  return give(parse_integer(to_text(in[0]), 8).value_or(0), out);
}

std::vector<int64_t> steps(int64_t start, int64_t stop, int64_t step) {
  std::vector<int64_t> numbers;
  if (step == 0 || (stop < start) != (step < 0)) return numbers;
  for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
    numbers.push_back(i);
    if (numbers.size() >= elements_max) break;
  }
  return numbers;
}

bool give_list(const std::vector<int64_t>& numbers, Value& out) {
  List elements;
  for (const int64_t number : numbers) elements.push_back(Value::integer(number));
  out = Value::list(std::move(elements), "[]int");
  return true;
}

bool until(Arguments in, Value& out, Failure&) {
  const int64_t count = in[0].as_integer().value;
  return give_list(steps(0, count, count < 0 ? -1 : 1), out);
}
bool until_step(Arguments in, Value& out, Failure&) {
  return give_list(
      steps(in[0].as_integer().value, in[1].as_integer().value, in[2].as_integer().value), out);
}

bool sequence(Arguments in, Value& out, Failure&) {
  out = Value::text("");
  if (in.empty() || in.size() > 3) return true;
  const int64_t start = in.size() == 1 ? 1 : in[0].as_integer().value;
  const int64_t end = in.back().as_integer().value;
  const int64_t direction = end < start ? -1 : 1;
  const int64_t step = in.size() == 3 ? in[1].as_integer().value : direction;
  if (in.size() == 3 && end < start && step > 0) return true;
  std::string text;
  for (const int64_t number : steps(start, end + direction, step)) {
    if (!text.empty()) text += ' ';
    text += std::to_string(number);
  }
  out = Value::text(std::move(text));
  return true;
}

}  // namespace

const Function number_functions[] = {
    {"add", "*+", add},
    {"add1", "*", add1},
    {"add1f", "*", add1_float},
    {"addf", "*+", decimal_operation<'+'>},
    {"atoi", "s", atoi},
    {"biggest", "**+", extreme<true>},
    {"ceil", "*", ceil},
    {"div", "**", divide<false>},
    {"divf", "**+", decimal_operation<'/'>},
    {"float64", "*", to_float},
    {"floor", "*", floor},
    {"int", "*", to_int},
    {"int64", "*", to_int64},
    {"max", "**+", extreme<true>},
    {"maxf", "**+", extreme_float<true>},
    {"min", "**+", extreme<false>},
    {"minf", "**+", extreme_float<false>},
    {"mod", "**", divide<true>},
    {"mul", "**+", multiply},
    {"mulf", "**+", decimal_operation<'*'>},
    {"round", "*if+", round},
    {"seq", "i+", sequence},
    {"sub", "**", subtract},
    {"subf", "**+", decimal_operation<'-'>},
    {"toDecimal", "*", to_decimal},
    {"until", "i", until},
    {"untilStep", "iii", until_step},
    {},
};

}  // namespace alloy::go_template
