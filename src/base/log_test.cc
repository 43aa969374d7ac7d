#include "base/log.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

struct Captured {
  ManualClock clock;
  std::string out;
  std::shared_ptr<LogSink> sink =
      std::make_shared<LogSink>([this](std::string_view line) { out += line; }, clock);
  Logger logger = Logger(sink).with({{"component_id", "a.b"}});
};

TEST_CASE("records before the configuration come out in its format") {
  Captured log;
  log.logger.info("starting", {{"n", 3}, {"took", Duration(1200us)}});
  CHECK(log.out.empty());
  log.sink->configure(LogLevel::info, LogFormat::logfmt);
  CHECK(log.out ==
        "ts=2030-01-01T00:00:00Z level=info msg=starting component_id=a.b n=3 took=1.2ms\n");
}

TEST_CASE("logfmt quotes what would not read back") {
  Captured log;
  log.sink->configure(LogLevel::debug, LogFormat::logfmt);
  log.logger.debug("a b", {{"err", "x=\"1\"\n"}, {"empty", ""}});
  CHECK(log.out ==
        "ts=2030-01-01T00:00:00Z level=debug msg=\"a b\" component_id=a.b err=\"x=\\\"1\\\"\\n\" "
        "empty=\"\"\n");
}

TEST_CASE("json keeps numbers native and durations in nanoseconds") {
  Captured log;
  log.sink->configure(LogLevel::info, LogFormat::json);
  log.clock.advance(1500ms);
  log.logger.warn("m", {{"n", 1.5}, {"d", Duration(2us)}, {"ok", true}});
  CHECK(log.out ==
        "{\"ts\":\"2030-01-01T00:00:01.5Z\",\"level\":\"warn\",\"msg\":\"m\",\"component_id\":\"a."
        "b\","
        "\"n\":1.5,\"d\":2000,\"ok\":true}\n");
}

TEST_CASE("records below the level are not written") {
  Captured log;
  log.sink->configure(LogLevel::error, LogFormat::logfmt);
  log.logger.warn("quiet");
  CHECK(log.out.empty());
}

TEST_CASE("an added listener gets lines as long as it is kept") {
  Captured log;
  log.sink->configure(LogLevel::info, LogFormat::logfmt);
  std::string heard;
  auto listening =
      log.sink->add_listener([&](LogLevel, WallTime, std::string_view line) { heard += line; });
  log.logger.info("one");
  listening.reset();
  log.logger.info("two");
  CHECK(heard == "ts=2030-01-01T00:00:00Z level=info msg=one component_id=a.b");
}

}  // namespace
}  // namespace alloy
