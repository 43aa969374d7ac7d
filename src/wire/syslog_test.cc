// Syslog messages, well-formed and as senders make them.
#include "wire/syslog.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace alloy::wire {
namespace {

SyslogMessage read_5424(std::string_view text) {
  SyslogMessage message;
  const auto parsed = parse_rfc5424(text, message);
  CAPTURE(text);
  if (!parsed) FAIL(parsed.error().message());
  return message;
}

constexpr int64_t day = int64_t{86'400} * 1'000'000'000;
constexpr int64_t november_2026 = 1'795'000'000'000'000'000;  // The 18th.

SyslogMessage read_3164(std::string_view text, Rfc3164Options options = {}) {
  if (options.now_ns == 0) options.now_ns = november_2026;
  SyslogMessage message;
  const auto parsed = parse_rfc3164(text, options, message);
  CAPTURE(text);
  if (!parsed) FAIL(parsed.error().message());
  return message;
}

}  // namespace

TEST_CASE("a message of RFC 5424 is read with all its parts") {
  const auto message = read_5424(R"(<165>1 2024-05-06T07:08:09.123Z host1 app 4321 ID47 )"
                                 R"([ex@32473 iut="3" q="a\"\]\\b\n"][x] An event)");
  CHECK(message.facility_name() == "local4");
  CHECK(message.severity_name() == "notice");
  CHECK(message.timestamp_ns == 1'714'979'289'123'000'000);
  CHECK(message.hostname == "host1");
  CHECK(message.app_name == "app");
  CHECK(message.proc_id == "4321");
  CHECK(message.msg_id == "ID47");
  REQUIRE(message.parameters.size() == 2);
  CHECK(message.parameters[0].element == "ex@32473");
  CHECK(message.parameters[1].value == "a\"]\\b\\n");
  CHECK(message.elements.size() == 2);
  CHECK(message.message == "An event");
}

TEST_CASE("absent parts of RFC 5424 are empty") {
  const auto message = read_5424("<0>1 - - - - - -");
  CHECK(message.severity_name() == "emergency");
  CHECK(message.facility_name() == "kern");
  CHECK_FALSE(message.timestamp_ns);
  CHECK(message.hostname.empty());
  CHECK(message.message.empty());
  CHECK(read_5424("<14>1 - - - - - - two\nlines").message == "two\nlines");
}

TEST_CASE("the front of a broken message of RFC 5424 is still known") {
  for (const std::string_view text :
       {"<14>1 - h a - - [empty][odd key=\"v]\"] text", "<14>1 soon h a - - - x", "<14>1 - h a - -",
        "<14>1 - h a - - [x][x] twice", "<14>1 - h a - - -x"}) {
    CAPTURE(text);
    SyslogMessage message;
    CHECK_FALSE(parse_rfc5424(text, message));
    CHECK(message.priority == 14);
    CHECK(message.version == 1);
  }
  for (const std::string_view text : {"", "x", "<192>1 - - - - - -", "<014>1 - - - - - -", "<>1 -",
                                      "<14> - - - - - -", "<14>0 - - - - - -"}) {
    CAPTURE(text);
    SyslogMessage message;
    CHECK_FALSE(parse_rfc5424(text, message));
    CHECK((!message.priority || message.version == 0));
  }
}

TEST_CASE("a message of RFC 5424 is written as it was read, its structured data sorted") {
  for (const std::string_view text :
       {R"(<165>1 2024-05-06T07:08:09.123Z host1 app 4321 ID47 [e@1 a="3" b="A\"p"][x@1] An event)",
        "<14>1 - - - - - - plain", "<14>1 - h - - - -"}) {
    CHECK(format_rfc5424(read_5424(text)) == text);
  }
  CHECK(format_rfc5424(read_5424(R"(<14>1 - - - - - [z b="1" a="2"][c])")) ==
        R"(<14>1 - - - - - [c][z a="2" b="1"])");
}

TEST_CASE("a message of RFC 3164 is read with all its parts") {
  const auto message = read_3164("<30>Nov 16 14:55:56 host cron[8]: (root) CMD");
  CHECK(message.facility_name() == "daemon");
  CHECK(message.hostname == "host");
  CHECK(message.app_name == "cron");
  CHECK(message.proc_id == "8");
  CHECK(message.message == "(root) CMD");
  CHECK(read_3164("<30>Nov  6 14:55:56 host cron: x").message == "x");
}

TEST_CASE("messages of RFC 3164 may lack a host or a tag") {
  const auto tag_only = read_3164("<30>Nov 16 14:55:56 su: failed");
  CHECK(tag_only.hostname.empty());
  CHECK(tag_only.app_name == "su");
  CHECK(tag_only.message == "failed");
  const auto host_only = read_3164("<30>Nov 16 14:55:56 host plain text");
  CHECK(host_only.hostname == "host");
  CHECK(host_only.app_name.empty());
  CHECK(host_only.message == "plain text");
  CHECK(read_3164("<30>Nov 16 14:55:56 single").message == "single");
  CHECK(read_3164("<30>Nov 16 14:55:56 host a:b c").message == "a:b c");
}

TEST_CASE("times without a year are of the one that fits") {
  const auto at = [](std::string_view stamp, int64_t now) {
    return *read_3164(fmt::format("<30>{} h x", stamp), {.now_ns = now}).timestamp_ns;
  };
  const int64_t new_year = 1'798'761'600'000'000'000;  // 2027-01-01T00:00:00Z
  CHECK(at("Dec 31 23:59:59", new_year + day) < new_year);
  CHECK(at("Jan  1 00:00:01", new_year - day) == new_year + 1'000'000'000);
  // In November, February is that of this year, and so is December.
  const auto february = at("Feb  5 17:32:18", november_2026);
  CHECK(february < november_2026);
  CHECK(february > november_2026 - 365 * day);
  CHECK(at("Dec 31 23:59:59", november_2026) == new_year - 1'000'000'000);
  CHECK(std::abs(at("Feb 29 00:00:00", 1'709'300'000'000'000'000) - 1'709'164'800'000'000'000) ==
        0);
  SyslogMessage message;
  CHECK_FALSE(parse_rfc3164("<30>Foo 16 14:55:56 h x", {.now_ns = november_2026}, message));
  CHECK_FALSE(parse_rfc3164("<30>Nov 16", {.now_ns = november_2026}, message));
}

TEST_CASE("what devices of Cisco add is read where it is expected") {
  const Rfc3164Options all = {.message_counter = true,
                              .sequence_number = true,
                              .cisco_hostname = true,
                              .second_fractions = true};
  const auto message = read_3164(
      "<189>237: 42: router1: *Jan  8 19:46:03.295: %SYS-5-CONFIG_I: Configured (10.34.195.36)",
      all);
  CHECK(message.message_counter == 237);
  CHECK(message.sequence == 42);
  CHECK(message.hostname == "router1");
  CHECK(message.app_name == "%SYS-5-CONFIG_I");
  CHECK(*message.timestamp_ns % 1'000'000'000 == 295'000'000);
  const auto partly = read_3164("<189>237: Jan  8 19:46:03: %A: text", {.message_counter = true});
  CHECK(partly.message_counter == 237);
  CHECK(partly.message == "text");
}

TEST_CASE("any line is taken when no format is expected") {
  SyslogMessage message;
  parse_syslog_line("<34> text \n", message);
  CHECK(message.severity_name() == "critical");
  CHECK(message.message == "text");
  parse_syslog_line("<300>text", message);
  CHECK_FALSE(message.priority);
  CHECK(message.message == "<300>text");
  parse_syslog_line("<255>x", message);
  CHECK(message.facility_name().empty());
}

}  // namespace alloy::wire
