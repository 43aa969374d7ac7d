#include "app/remotecfg/messages.h"

#include <doctest/doctest.h>

namespace alloy::app::remotecfg {

TEST_CASE("a request names the collector, its attributes and only what is news") {
  const Collector collector{.id = "one", .name = "n", .attributes = {{"a", "b"}}};
  CHECK(encode_register(collector) ==
        "\x0a\x03one\x1a\x01n\x22\x06\x0a\x01"
        "a\x12\x01"
        "b");
  CHECK(encode_unregister(collector) == "\x0a\x03one");
  const Collector bare{.id = "one", .name = "", .attributes = {}};
  // The status "unset" is an empty message.
  CHECK(encode_get_config(bare, {.hash = "h", .status = StatusReport{}}) ==
        std::string("\x0a\x03one\x1a\x01h\x2a\0", 10));
  CHECK(encode_get_config(bare, {.status = StatusReport{Status::failed, "no"}}) ==
        "\x0a\x03one\x2a\x06\x08\x03\x12\x02no");
  CHECK(encode_get_config(bare, {.effective_config = "x"}) ==
        std::string("\x0a\x03one\x32\x17\x0a\x15\x0a\x13\x0a\0\x12\x0f\x0a\x01x\x12\x0atext/plain",
                    30));
}

TEST_CASE("an answer is read whatever else is in it, and refused when it is cut off") {
  const auto answer = decode_config_answer(
      "\x0a\x03"
      "a=1\x12\x02h1\x18\x01\x22\x01?");
  REQUIRE(answer);
  CHECK(answer->content == "a=1");
  CHECK(answer->hash == "h1");
  CHECK(answer->not_modified);
  CHECK_FALSE(
      decode_config_answer("\x0a\x05"
                           "abc"));
  CHECK_FALSE(decode_config_answer("\xff\xff"));
}

}  // namespace alloy::app::remotecfg
