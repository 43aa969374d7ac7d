#include "components/loki/source_gelf/message.h"

#include <doctest/doctest.h>

namespace alloy::loki::source_gelf {
namespace {

std::string rewrite(std::string_view json) {
  const auto message = parse_message(json);
  return message ? to_json(*message) : message.error().message();
}

std::string chunk(std::string_view id, char number, char count, std::string_view payload) {
  std::string text = "\x1e\x0f";
  text += id;
  text += number;
  text += count;
  text += payload;
  return text;
}

// "{}" in the two compressions.
const std::string zlib = std::string("\x78\x9c\xab\xae\x05\x00\x01\x75\x00\xf9", 10);

}  // namespace

TEST_CASE("the line of a message is its known fields and its own ones") {
  CHECK(rewrite(R"({"host": "h", "version": "1.1", "short_message": "s<>", "level": 3,
                    "timestamp": 1700000000.5, "line": 12, "_b": "x", "_a": {"n": 1}})") ==
        R"({"version":"1.1","host":"h","short_message":"s\u003c\u003e","timestamp":1700000000.5,)"
        R"("level":3,"_a":{"n":1},"_b":"x"})");
  CHECK(rewrite("{}") == R"({"version":"","host":"","short_message":"","timestamp":0})");
}

TEST_CASE("what is no message is refused") {
  for (const char* text : {"", "[]", "x", R"({"host": 1})", R"({"level": "high"})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_message(text));
  }
}

TEST_CASE("compressed payloads are unpacked") {
  CHECK(*unpack("{}") == "{}");
  CHECK(*unpack(zlib) == "{}");
  CHECK_FALSE(unpack("\x1f\x8bnothing"));
}

TEST_CASE("chunks are put together in their order, however they come") {
  ManualClock clock;
  Assembler assembler(clock);
  const std::string id = "12345678";
  CHECK(**assembler.add("whole") == "whole");
  CHECK_FALSE(*assembler.add(chunk(id, 2, 3, "c")));
  CHECK_FALSE(*assembler.add(chunk(id, 0, 3, "a")));
  CHECK_FALSE(*assembler.add(chunk(id, 0, 3, "a")));
  CHECK_FALSE(*assembler.add(chunk("abcdefgh", 1, 2, "y")));
  CHECK(**assembler.add(chunk(id, 1, 3, "b")) == "abc");
  CHECK(**assembler.add(chunk("abcdefgh", 0, 2, "x")) == "xy");
  CHECK_FALSE(assembler.add(chunk(id, 3, 3, "d")));
  CHECK_FALSE(assembler.add(chunk(id, 0, 0, "d")));
  CHECK_FALSE(assembler.add("\x1e\x0f short"));
}

TEST_CASE("messages whose rest never comes are given up and counted") {
  ManualClock clock;
  Assembler assembler(clock);
  CHECK_FALSE(*assembler.add(chunk("12345678", 0, 2, "a")));
  clock.advance(10s);
  CHECK_FALSE(*assembler.add(chunk("abcdefgh", 0, 2, "a")));
  CHECK(assembler.take_lost() == 1);
  CHECK(assembler.take_lost() == 0);
}

}  // namespace alloy::loki::source_gelf
