// Steps through the text of a syslog message.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace alloy::wire {

class SyslogText {
 public:
  explicit SyslogText(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  size_t position() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip(size_t count) { at_ += count; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_spaces() {
    const size_t begin = at_;
    while (take(' ')) continue;
    return at_ > begin;
  }
  // Up to, but without, the first character that `belongs` refuses.
  template <class Belongs>
  std::string_view take_while(Belongs belongs) {
    const size_t begin = at_;
    while (!at_end() && belongs(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  // Printable ASCII without blanks.
  std::string_view take_word() {
    return take_while([](char c) { return c > ' ' && c < '\x7f'; });
  }
  std::optional<uint32_t> take_number(size_t digits_max) {
    const size_t begin = at_;
    const std::string_view digits = take_while([](char c) { return c >= '0' && c <= '9'; });
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || digits.size() > digits_max || error != std::errc()) {
      at_ = begin;
      return std::nullopt;
    }
    return number;
  }
  // "<165>": 0 to 191, without leading zeros.
  std::optional<uint8_t> take_priority() {
    const size_t begin = at_;
    if (take('<')) {
      const size_t first = at_;
      const auto number = take_number(3);
      const bool has_zero = at_ - first > 1 && text_[first] == '0';
      if (number && *number <= 191 && !has_zero && take('>')) return static_cast<uint8_t>(*number);
    }
    at_ = begin;
    return std::nullopt;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace alloy::wire
