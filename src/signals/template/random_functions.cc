// Functions with random results.
#include <algorithm>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "base/text.h"
#include "signals/template/functions.h"
#include "values/stdlib/base64.h"

namespace alloy::go_template {
namespace {

constexpr int64_t count_max = 1 << 20;

uint64_t random_bits() {
  uint64_t bits = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
  return bits;
}

bool letters(Arguments in, std::string_view alphabet, Value& out, Failure& failure) {
  const int64_t count = in[0].as_integer().value;
  if (count < 0 || count > count_max) return failure("a random text can't have so many letters");
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += alphabet[random_bits() % alphabet.size()];
  out = Value::text(std::move(text));
  return true;
}

constexpr std::string_view alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool alphanumeric(Arguments in, Value& out, Failure& failure) {
  return letters(in, alphabet, out, failure);
}
bool alphabetic(Arguments in, Value& out, Failure& failure) {
  return letters(in, alphabet.substr(10), out, failure);
}
bool numeric(Arguments in, Value& out, Failure& failure) {
  return letters(in, alphabet.substr(0, 10), out, failure);
}
bool ascii(Arguments in, Value& out, Failure& failure) {
  std::string printable;
  for (char c = ' '; c < 0x7f; ++c) printable += c;
  return letters(in, printable, out, failure);
}

// As many bytes, in base 64.
bool bytes(Arguments in, Value& out, Failure& failure) {
  const int64_t count = in[0].as_integer().value;
  if (count < 0 || count > count_max) return failure("there can't be so many random bytes");
  std::string text(static_cast<size_t>(count), '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(count));
  out = Value::text(stdlib::encode_base64(text, stdlib::Base64Alphabet::standard));
  return true;
}

bool integer(Arguments in, Value& out, Failure& failure) {
  const int64_t low = in[0].as_integer().value;
  const int64_t high = in[1].as_integer().value;
  if (high <= low) return failure("invalid argument to Intn");
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  out = Value::integer(static_cast<int64_t>(static_cast<uint64_t>(low) + random_bits() % range));
  return true;
}

bool shuffle(Arguments in, Value& out, Failure&) {
  std::vector<char32_t> code_points;
  for (std::string_view rest = in[0].as_text(); !rest.empty();) {
    code_points.push_back(next_code_point(rest));
  }
  for (size_t i = code_points.size(); i > 1; --i) {
    std::swap(code_points[i - 1], code_points[random_bits() % i]);
  }
  std::string text;
  for (const char32_t c : code_points) append_utf8(text, c);
  out = Value::text(std::move(text));
  return true;
}

// RFC 9562, version 4.
bool uuid(Arguments, Value& out, Failure&) {
  const uint64_t high = (random_bits() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (random_bits() & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  out = Value::text(fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32,
                                high >> 16 & 0xffff, high & 0xffff, low >> 48,
                                low & 0xffff'ffff'ffff));
  return true;
}

}  // namespace

const Function random_functions[] = {
    {"randAlpha", "i", alphabetic},
    {"randAlphaNum", "i", alphanumeric},
    {"randAscii", "i", ascii},
    {"randBytes", "i", bytes},
    {"randInt", "ii", integer},
    {"randNumeric", "i", numeric},
    {"shuffle", "s", shuffle},
    {"uuidv4", "", uuid},
    {},
};

}  // namespace alloy::go_template
