// Digests and encodings: Alloy's Hash and Sha2Hash, and sprig's.
#include <algorithm>

#include "base/sha256.h"
#include "signals/digest.h"
#include "signals/template/convert.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base32_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

bool give(std::string text, Value& out) {
  out = Value::text(std::move(text));
  return true;
}

bool sha1(Arguments in, Value& out, Failure&) { return give(sha1_hex(in[0].as_text()), out); }
bool sha256(Arguments in, Value& out, Failure&) { return give(sha256_hex(in[0].as_text()), out); }
bool sha512(Arguments in, Value& out, Failure&) { return give(sha512_hex(in[0].as_text()), out); }
bool salted_sha3(Arguments in, Value& out, Failure&) {
  return give(sha3_256_hex(in[0].as_text() + in[1].as_text()), out);
}
bool salted_sha2(Arguments in, Value& out, Failure&) {
  return give(sha256_hex(in[0].as_text() + in[1].as_text()), out);
}

bool adler32(Arguments in, Value& out, Failure&) {
  uint32_t low = 1;
  uint32_t high = 0;
  for (const char c : in[0].as_text()) {
    low = (low + static_cast<unsigned char>(c)) % 65521;
    high = (high + low) % 65521;
  }
  return give(std::to_string(high << 16 | low), out);
}

// Groups of `bits` bits as letters, filled up to whole groups of `group` letters.
std::string encode(std::string_view bytes, std::string_view alphabet, unsigned bits, size_t group) {
  std::string text;
  uint32_t open = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    open = open << 8 | static_cast<unsigned char>(byte);
    count += 8;
    while (count >= bits) {
      count -= bits;
      text += alphabet[open >> count & ((1U << bits) - 1)];
    }
  }
  if (count > 0) text += alphabet[open << (bits - count) & ((1U << bits) - 1)];
  while (text.size() % group != 0) text += '=';
  return text;
}

// The bytes, or what is wrong, which the real functions return instead.
std::string decode(std::string_view text, std::string_view alphabet, unsigned bits, size_t group,
                   std::string_view name) {
  std::string bytes;
  uint32_t open = 0;
  unsigned count = 0;
  size_t letters = 0;
  const auto wrong = [&](size_t place) {
    return "illegal " + std::string(name) + " data at input byte " + std::to_string(place);
  };
  size_t i = 0;
  for (; i < text.size() && text[i] != '='; ++i) {
    if (text[i] == '\n' || text[i] == '\r') continue;
    const size_t value = alphabet.find(text[i]);
    if (value == std::string_view::npos) return wrong(i);
    open = open << bits | static_cast<uint32_t>(value);
    count += bits;
    ++letters;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(open >> count & 255);
    }
  }
  size_t padding = 0;
  for (size_t p = i; p < text.size(); ++p) {
    if (text[p] == '\n' || text[p] == '\r') continue;
    if (text[p] != '=') return wrong(p);
    ++padding;
  }
  // Leftover bits mean that a letter is missing; the padding fills the group.
  if ((letters + padding) % group != 0 || padding >= group || count >= bits) {
    return wrong(i - std::min(i, letters % group));
  }
  return bytes;
}

bool base64_encode(Arguments in, Value& out, Failure&) {
  return give(encode(in[0].as_text(), base64_alphabet, 6, 4), out);
}
bool base64_decode(Arguments in, Value& out, Failure&) {
  return give(decode(in[0].as_text(), base64_alphabet, 6, 4, "base64"), out);
}
bool base32_encode(Arguments in, Value& out, Failure&) {
  return give(encode(in[0].as_text(), base32_alphabet, 5, 8), out);
}
bool base32_decode(Arguments in, Value& out, Failure&) {
  return give(decode(in[0].as_text(), base32_alphabet, 5, 8, "base32"), out);
}

}  // namespace

const Function encoding_functions[] = {
    {"Hash", "ss", salted_sha3},
    {"Sha2Hash", "ss", salted_sha2},
    {"adler32sum", "s", adler32},
    {"b32dec", "s", base32_decode},
    {"b32enc", "s", base32_encode},
    {"b64dec", "s", base64_decode},
    {"b64enc", "s", base64_encode},
    {"sha1sum", "s", sha1},
    {"sha256sum", "s", sha256},
    {"sha512sum", "s", sha512},
    {},
};

}  // namespace alloy::go_template
