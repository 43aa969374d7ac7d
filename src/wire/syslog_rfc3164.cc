// The format of RFC 3164, section 4, as far as senders keep to it.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/time_layout.h"
#include "wire/syslog.h"
#include "wire/syslog_text.h"

namespace alloy::wire {
namespace {

constexpr size_t hostname_bytes_max = 255;
constexpr size_t tag_bytes_max = 48;
constexpr int64_t week_ns = int64_t{7} * 86'400 * 1'000'000'000;
constexpr int64_t half_year_ns = int64_t{183} * 86'400 * 1'000'000'000;

const TimeLayout& dated_layout() {
  static const TimeLayout layout("2006 Jan _2 15:04:05");
  return layout;
}

// The part of the text that is a time: "Jan _2 15:04:05", perhaps with decimals.
std::string_view take_stamp(SyslogText& text, bool with_fractions) {
  constexpr size_t stamp_bytes = 15;
  const std::string_view rest = text.rest();
  if (rest.size() < stamp_bytes) return {};
  size_t size = stamp_bytes;
  const auto is_digit = [&](size_t i) {
    return i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
  };
  if (with_fractions && size < rest.size() && rest[size] == '.' && is_digit(size + 1)) {
    ++size;
    while (is_digit(size)) ++size;
  }
  text.skip(size);
  return rest.substr(0, size);
}

// A month and a day are of this year, but around New Year: then of the one that has just ended, or
// is about to begin.
std::optional<int64_t> place_in_time(std::string_view stamp, int64_t now_ns) {
  const int64_t year = 1970 + now_ns / 1'000'000'000 / 31'556'952;
  const auto in = [&](int64_t candidate) -> std::optional<int64_t> {
    const auto time = dated_layout().parse(fmt::format("{} {}", candidate, stamp));
    if (!time) return std::nullopt;  // The 29th of February.
    return time->unix_nanoseconds();
  };
  const auto next = in(year + 1);
  if (next && *next - now_ns < week_ns) return next;
  const auto current = in(year);
  if (current && *current - now_ns <= half_year_ns) return current;
  return in(year - 1);
}

class Parser {
 public:
  Parser(std::string_view text, const Rfc3164Options& options, SyslogMessage& message)
      : text_(text), options_(options), message_(message) {}

  Result<void> parse() {
    message_.priority = text_.take_priority();
    if (!message_.priority) return refuse("expecting a priority value within angle brackets");
    text_.take_spaces();
    if (options_.message_counter) message_.message_counter = counter();
    if (options_.sequence_number) message_.sequence = counter();
    if (options_.cisco_hostname) take_cisco_hostname();
    const bool is_cisco =
        options_.message_counter || options_.sequence_number || options_.cisco_hostname;
    if (is_cisco && !text_.take('*')) text_.take('.');
    const std::string_view stamp = take_stamp(text_, options_.second_fractions);
    message_.timestamp_ns = place_in_time(stamp, options_.now_ns);
    if (!message_.timestamp_ns) return refuse("expecting a Stamp timestamp");
    if (is_cisco) text_.take(':');
    if (!text_.take_spaces()) return refuse("expecting a Stamp timestamp");
    parse_rest();
    if (message_.message.empty()) return refuse("parsing error");
    return {};
  }

 private:
  // "237: "
  std::optional<uint32_t> counter() {
    SyslogText rest = text_;
    const auto number = rest.take_number(10);
    if (!number || !rest.take(':')) return std::nullopt;
    rest.take_spaces();
    text_ = rest;
    return number;
  }

  // "router1: ", which a time is not: it has a blank before its first colon.
  void take_cisco_hostname() {
    SyslogText rest = text_;
    const std::string_view name =
        rest.take_while([](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
    if (name.empty() || !rest.take(':')) return;
    rest.take_spaces();
    message_.hostname = name;
    text_ = rest;
  }

  // A word without a colon is the name of the host; what follows may begin with a tag.
  void parse_rest() {
    SyslogText rest = text_;
    const std::string_view word = rest.take_word();
    if (!word.empty() && word.size() <= hostname_bytes_max && !word.contains(':') &&
        rest.take_spaces() && !rest.at_end()) {
      message_.hostname = word;
      text_ = rest;
    }
    message_.message = text_.rest();
    parse_tag();
  }

  // "cron[8]: text"
  void parse_tag() {
    SyslogText rest = text_;
    const std::string_view tag =
        rest.take_while([](char c) { return c > ' ' && c < '\x7f' && c != ':' && c != '['; });
    if (tag.empty() || tag.size() > tag_bytes_max) return;
    if (rest.peek() == ':' || rest.peek() == '[') message_.app_name = tag;
    if (rest.take('[')) {
      const std::string_view content =
          rest.take_while([](char c) { return c > ' ' && c < '\x7f' && c != '[' && c != ']'; });
      if (!rest.take(']')) return;
      message_.proc_id = content;
    }
    if (!rest.take(':') || !rest.take(' ') || rest.at_end()) return;
    message_.message = rest.rest();
  }

  std::unexpected<Error> refuse(std::string_view why) const {
    return fail(fmt::format("{} [col {}]", why, text_.position()), ErrorKind::invalid);
  }

  SyslogText text_;
  const Rfc3164Options& options_;
  SyslogMessage& message_;
};

}  // namespace

Result<void> parse_rfc3164(std::string_view text, const Rfc3164Options& options,
                           SyslogMessage& message) {
  message = {};
  return Parser(text, options, message).parse();
}

}  // namespace alloy::wire
