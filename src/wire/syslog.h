// Reads syslog messages: RFC 5424, RFC 3164 (and what devices make of it), and lines that are only
// marked with a priority.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::wire {

struct SyslogParameter {
  std::string_view element;  // "example@32473"
  std::string_view name;
  std::string value;
};

// What a message says. Text lies in the message it was read from; empty: it is not said.
struct SyslogMessage {
  std::optional<uint8_t> priority;
  uint16_t version = 0;
  std::optional<int64_t> timestamp_ns;
  std::string_view hostname;
  std::string_view app_name;
  std::string_view proc_id;
  std::string_view msg_id;
  std::optional<uint32_t> message_counter;
  std::optional<uint32_t> sequence;
  bool has_structured_data = false;
  std::vector<std::string_view> elements;  // Ids, in order.
  std::vector<SyslogParameter> parameters;
  std::string_view message;

  uint8_t facility() const { return static_cast<uint8_t>(priority.value_or(0) / 8); }
  uint8_t severity() const { return static_cast<uint8_t>(priority.value_or(0) % 8); }
  // "local4"; "notice".
  std::string_view facility_name() const;
  std::string_view severity_name() const;
};

// RFC 5424. On failure the message has what came before the mistake: priority and version, if the
// front was one of a syslog message at all.
Result<void> parse_rfc5424(std::string_view text, SyslogMessage& message);
// The message as RFC 5424 has it: absent parts as "-".
std::string format_rfc5424(const SyslogMessage& message);

struct Rfc3164Options {
  // Parts that devices of Cisco put in front of or behind the time.
  bool message_counter = false;
  bool sequence_number = false;
  bool cisco_hostname = false;
  bool second_fractions = false;
  // Times have no year; theirs is the one that brings them closest to this.
  int64_t now_ns = 0;
};
Result<void> parse_rfc3164(std::string_view text, const Rfc3164Options& options,
                           SyslogMessage& message);

// Any line: a priority in front is taken off, blanks around the rest too.
void parse_syslog_line(std::string_view text, SyslogMessage& message);

}  // namespace alloy::wire
