#include "values/stdlib/base64.h"

#include <array>

#include <fmt/format.h>

namespace alloy::stdlib {
namespace {

constexpr std::string_view standard_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string_view digits_of(Base64Alphabet alphabet) {
  return alphabet == Base64Alphabet::url ? url_digits : standard_digits;
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// Reads groups of four digits.
class Decoder {
 public:
  Decoder(std::string_view text, Base64Alphabet alphabet) : text_(text) {
    values_.fill(-1);
    std::string_view digits = digits_of(alphabet);
    for (size_t i = 0; i < digits.size(); ++i) {
      values_[static_cast<unsigned char>(digits[i])] = static_cast<int>(i);
    }
  }

  Result<std::string> run() {
    for (;;) {
      skip_line_ends();
      if (at_ == text_.size()) return std::move(out_);
      TRY(bool is_last, read_group());
      if (is_last) break;
    }
    skip_line_ends();
    if (at_ < text_.size()) return corrupt(at_);
    return std::move(out_);
  }

 private:
  static std::unexpected<Error> corrupt(size_t at) {
    return fail(fmt::format("illegal base64 data at input byte {}", at), ErrorKind::invalid);
  }
  void skip_line_ends() {
    while (at_ < text_.size() && is_line_end(text_[at_])) ++at_;
  }
  Result<bool> read_group();
  Result<> read_padding(size_t count);
  void store(uint32_t bits, size_t digits);

  std::string_view text_;
  std::array<int, 256> values_;
  std::string out_;
  size_t at_ = 0;
};

// Reads up to four digits; true if padding ended the data.
Result<bool> Decoder::read_group() {
  uint32_t bits = 0;
  size_t count = 0;
  while (count < 4) {
    skip_line_ends();
    if (at_ == text_.size()) return corrupt(at_ - count);
    char c = text_[at_];
    int value = values_[static_cast<unsigned char>(c)];
    if (value >= 0) {
      bits = bits << 6 | static_cast<uint32_t>(value);
      ++count;
      ++at_;
      continue;
    }
    if (c != '=' || count < 2) return corrupt(at_);
    TRY(read_padding(count));
    store(bits << (6 * (4 - count)), count);
    return true;
  }
  store(bits, count);
  return false;
}

Result<> Decoder::read_padding(size_t count) {
  ++at_;
  if (count == 3) return {};
  skip_line_ends();
  if (at_ == text_.size()) return corrupt(at_);
  if (text_[at_] != '=') return corrupt(at_ - 1);
  ++at_;
  return {};
}

void Decoder::store(uint32_t bits, size_t digits) {
  for (size_t i = 0; i + 1 < digits; ++i) {
    out_ += static_cast<char>(bits >> (16 - 8 * i) & 0xff);
  }
}

}  // namespace

std::string encode_base64(std::string_view bytes, Base64Alphabet alphabet) {
  std::string_view digits = digits_of(alphabet);
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += j <= count ? digits[bits >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

Result<std::string> decode_base64(std::string_view text, Base64Alphabet alphabet) {
  return Decoder(text, alphabet).run();
}

}  // namespace alloy::stdlib
