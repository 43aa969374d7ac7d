// The format of RFC 5424, section 6.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/time_layout.h"
#include "wire/syslog.h"
#include "wire/syslog_text.h"

namespace alloy::wire {
namespace {

constexpr size_t hostname_bytes_max = 255;
constexpr size_t app_name_bytes_max = 48;
constexpr size_t proc_id_bytes_max = 128;
constexpr size_t msg_id_bytes_max = 32;
constexpr size_t name_bytes_max = 32;

const TimeLayout& timestamp_layout() {
  static const TimeLayout layout("2006-01-02T15:04:05.999999Z07:00");
  return layout;
}

class Parser {
 public:
  Parser(std::string_view text, SyslogMessage& message) : text_(text), message_(message) {}

  Result<void> parse() {
    message_.priority = text_.take_priority();
    if (!message_.priority) return refuse("expecting a priority value within angle brackets");
    const auto version = text_.take_number(3);
    if (!version || *version == 0) return refuse("expecting a version value in the range 1-999");
    message_.version = static_cast<uint16_t>(*version);
    TRY(parse_timestamp());
    TRY(message_.hostname, field("an hostname", hostname_bytes_max));
    TRY(message_.app_name, field("an app-name", app_name_bytes_max));
    TRY(message_.proc_id, field("a procid", proc_id_bytes_max));
    TRY(message_.msg_id, field("a msgid", msg_id_bytes_max));
    TRY(space());
    TRY(parse_structured_data());
    if (text_.at_end()) return {};
    TRY(space());
    message_.message = text_.rest();
    return {};
  }

 private:
  Result<void> space() {
    if (text_.take(' ')) return {};
    return refuse("parsing error");
  }

  Result<void> parse_timestamp() {
    TRY(space());
    const std::string_view word = text_.take_word();
    if (word == "-") return {};
    const auto time = timestamp_layout().parse(word);
    if (!time) return refuse("expecting a RFC3339MICRO timestamp or a nil value");
    message_.timestamp_ns = time->unix_nanoseconds();
    return {};
  }

  Result<std::string_view> field(std::string_view what, size_t bytes_max) {
    TRY(space());
    const std::string_view word = text_.take_word();
    if (word.empty() || word.size() > bytes_max) {
      return refuse(fmt::format(
          "expecting {} (from 1 to max {} US-ASCII characters) or a nil value", what, bytes_max));
    }
    return word == "-" ? std::string_view() : word;
  }

  Result<void> parse_structured_data() {
    if (text_.take('-')) return {};
    if (text_.peek() != '[') return refuse("expecting a structured data section");
    while (text_.take('[')) TRY(parse_element());
    message_.has_structured_data = true;
    return {};
  }

  Result<void> parse_element() {
    TRY(const std::string_view id, name());
    if (std::ranges::find(message_.elements, id) != message_.elements.end())
      return refuse("duplicate structured data element id");
    message_.elements.push_back(id);
    while (text_.take(' ')) {
      SyslogParameter parameter{.element = id};
      TRY(parameter.name, name());
      if (!text_.take('=') || !text_.take('"'))
        return refuse("expecting a structured data parameter");
      TRY(parameter.value, value());
      message_.parameters.push_back(std::move(parameter));
    }
    if (!text_.take(']')) return refuse("expecting a structured data element id");
    return {};
  }

  Result<std::string_view> name() {
    const std::string_view name = text_.take_while(
        [](char c) { return c > ' ' && c < '\x7f' && c != '=' && c != ']' && c != '"'; });
    if (name.empty() || name.size() > name_bytes_max)
      return refuse("expecting a name in structured data");
    return name;
  }

  // Behind its opening quote; takes the closing one.
  Result<std::string> value() {
    std::string value;
    while (!text_.at_end()) {
      char c = text_.peek();
      text_.skip(1);
      if (c == '"') return value;
      if (c == ']') return refuse("expecting chars `]`, `\"`, and `\\` to be escaped");
      const char next = text_.peek();
      // Before any other character a backslash is only that.
      if (c == '\\' && (next == '"' || next == '\\' || next == ']')) {
        c = next;
        text_.skip(1);
      }
      value += c;
    }
    return refuse("expecting a structured data parameter");
  }

  std::unexpected<Error> refuse(std::string_view why) const {
    return fail(fmt::format("{} [col {}]", why, text_.position()), ErrorKind::invalid);
  }

  SyslogText text_;
  SyslogMessage& message_;
};

void append_field(std::string& out, std::string_view field) {
  out += ' ';
  out += field.empty() ? std::string_view("-") : field;
}

// Sorted by name.
void append_element(std::string& out, const SyslogMessage& message, std::string_view id) {
  std::multimap<std::string_view, std::string_view> parameters;
  for (const SyslogParameter& parameter : message.parameters)
    if (parameter.element == id) parameters.emplace(parameter.name, parameter.value);
  out += fmt::format("[{}", id);
  for (const auto& [name, value] : parameters) {
    out += fmt::format(" {}=\"", name);
    for (const char c : value) {
      if (c == '"' || c == '\\' || c == ']') out += '\\';
      out += c;
    }
    out += '"';
  }
  out += ']';
}

}  // namespace

Result<void> parse_rfc5424(std::string_view text, SyslogMessage& message) {
  message = {};
  return Parser(text, message).parse();
}

std::string format_rfc5424(const SyslogMessage& message) {
  std::string out = fmt::format("<{}>{}", message.priority.value_or(0), message.version);
  std::string time;
  if (message.timestamp_ns) {
    const int64_t ns = *message.timestamp_ns;
    const int64_t rest = ((ns % 1'000'000'000) + 1'000'000'000) % 1'000'000'000;
    timestamp_layout().format(
        {.seconds = (ns - rest) / 1'000'000'000, .nanoseconds = static_cast<int32_t>(rest)}, time);
  }
  append_field(out, time);
  append_field(out, message.hostname);
  append_field(out, message.app_name);
  append_field(out, message.proc_id);
  append_field(out, message.msg_id);
  if (message.elements.empty()) append_field(out, "");
  if (!message.elements.empty()) out += ' ';
  const std::set<std::string_view> ids(message.elements.begin(), message.elements.end());
  for (const std::string_view id : ids) append_element(out, message, id);
  if (!message.message.empty()) {
    out += ' ';
    out += message.message;
  }
  return out;
}

}  // namespace alloy::wire
