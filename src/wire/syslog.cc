// What all formats share, and lines without one.
#include "wire/syslog.h"

#include <array>

#include "wire/syslog_text.h"

namespace alloy::wire {
namespace {

// The keywords of RFC 5427.
constexpr std::array<std::string_view, 24> facilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "cron2",
    "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};
constexpr std::array<std::string_view, 8> severities = {
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Unlike the formats, any number up to 255 is taken here.
std::optional<uint8_t> take_any_priority(std::string_view& text) {
  SyslogText rest(text);
  if (!rest.take('<')) return std::nullopt;
  const auto number = rest.take_number(9);
  if (!number || *number > 255 || !rest.take('>')) return std::nullopt;
  text = rest.rest();
  return static_cast<uint8_t>(*number);
}

}  // namespace

std::string_view SyslogMessage::facility_name() const {
  return facility() < facilities.size() ? facilities[facility()] : std::string_view();
}

std::string_view SyslogMessage::severity_name() const { return severities[severity()]; }

void parse_syslog_line(std::string_view text, SyslogMessage& message) {
  message = {};
  message.priority = take_any_priority(text);
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  message.message = text;
}

}  // namespace alloy::wire
