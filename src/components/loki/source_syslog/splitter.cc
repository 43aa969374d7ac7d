#include "components/loki/source_syslog/splitter.h"

#include <charconv>

#include <fmt/format.h>

namespace alloy::loki::source_syslog {
namespace {

constexpr size_t length_digits_max = 10;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "130 " in front; 0: there is none. `is_cut`: it could become one.
size_t length_digits(std::string_view text, bool& is_cut) {
  size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  is_cut = digits > 0 && digits <= length_digits_max && digits == text.size();
  const bool is_length =
      digits > 0 && digits <= length_digits_max && digits < text.size() && text[digits] == ' ';
  return is_length ? digits : 0;
}

}  // namespace

void Splitter::add(std::string_view bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_ += bytes;
}

std::optional<std::string_view> Splitter::next() {
  if (!error_.empty()) return std::nullopt;
  switch (framing()) {
    case Framing::counted:
      return next_counted();
    case Framing::lines:
      return next_line();
    case Framing::unknown:
      break;
  }
  return std::nullopt;
}

Splitter::Framing Splitter::framing() {
  if (!options_.is_raw && framing_ != Framing::unknown) return framing_;
  if (rest().empty()) return Framing::unknown;
  bool is_cut = false;
  const bool is_counted = length_digits(rest(), is_cut) > 0;
  if (is_cut && !is_finished_) return Framing::unknown;
  framing_ = is_counted ? Framing::counted : Framing::lines;
  return framing_;
}

std::optional<std::string_view> Splitter::next_counted() {
  // Some senders put a line break between messages.
  while (!rest().empty() && (rest().front() == '\n' || rest().front() == '\r')) ++begin_;
  bool is_cut = false;
  const std::string_view text = rest();
  const size_t digits = length_digits(text, is_cut);
  if (digits == 0) {
    if (!text.empty() && (!is_cut || is_finished_))
      error_ = "expecting the length of a message in octets";
    return std::nullopt;
  }
  uint64_t length = 0;
  std::from_chars(text.data(), text.data() + digits, length);
  if (length > options_.length_max) {
    error_ = fmt::format("message too long to parse. was size {}, max length {}", length,
                         options_.length_max);
    return std::nullopt;
  }
  if (text.size() - digits - 1 < length) {
    if (is_finished_) error_ = "unexpected end of a message";
    return std::nullopt;
  }
  begin_ += digits + 1 + length;
  return text.substr(digits + 1, length);
}

// A line that does not begin a message of its own belongs to the one before, as far as it is here
// already.
size_t Splitter::line_end(std::string_view text) const {
  size_t end = text.find(options_.delimiter);
  if (options_.is_raw || text.front() != '<') return end;
  while (end != text.npos && end + 1 < text.size() && text[end + 1] != '<') {
    const size_t next = text.find(options_.delimiter, end + 1);
    if (next == text.npos && !is_finished_) break;
    if (next == text.npos) return text.size() - 1;
    end = next;
  }
  return end;
}

std::optional<std::string_view> Splitter::next_line() {
  while (rest().starts_with(options_.delimiter)) ++begin_;
  const std::string_view text = rest();
  if (text.empty()) return std::nullopt;
  const size_t end = line_end(text);
  if (end == text.npos) {
    if (!is_finished_ && text.size() < line_bytes_max) return std::nullopt;
    begin_ += text.size();
    return text;
  }
  begin_ += end + 1;
  // A null byte at the end stays part of the line, as in the original.
  const bool keeps_end = options_.delimiter != '\n' || text[end] != '\n';
  return text.substr(0, keeps_end ? end + 1 : end);
}

}  // namespace alloy::loki::source_syslog
