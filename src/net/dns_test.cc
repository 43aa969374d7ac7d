#include "net/dns.h"

#include <algorithm>

#include "net/http_test_support.h"

namespace alloy::net {
namespace {

using namespace std::string_literals;
using test::wait_for;

// A reply to "_x._tcp.example." with two SRV records whose owner is a pointer to the question.
std::string srv_reply() {
  const std::string question = "\x02_x\x04_tcp\x07"s + "example\0"s + "\x00\x21\x00\x01"s;
  const auto record = [](std::string fixed, std::string target) {
    const std::string data = fixed + target;
    return "\xc0\x0c\x00\x21\x00\x01\x00\x00\x00\x3c\x00"s + static_cast<char>(data.size()) + data;
  };
  return "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"s + question +
         record("\x00\x14\x00\x05\x1f\x90"s, "\x01"s + "b\xc0\x14"s) +
         record("\x00\x0a\x00\x05\x00\x50"s, "\x01"s + "a\xc0\x14"s);
}

TEST_CASE("an SRV reply is read with its compressed names, in order of priority") {
  const auto answer = parse_dns_reply(srv_reply());
  REQUIRE_MESSAGE(answer, answer.error().message());
  REQUIRE(answer->srv.size() == 2);
  CHECK(answer->srv[0] == SrvRecord{"a.example", 80, 10, 5});
  CHECK(answer->srv[1] == SrvRecord{"b.example", 8080, 20, 5});
}

TEST_CASE("a truncated or circular reply is refused") {
  const std::string reply = srv_reply();
  for (size_t size = 0; size < reply.size(); ++size) {
    CHECK_FALSE(parse_dns_reply(std::string_view(reply).substr(0, size)));
  }
  const std::string circle = "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01"s;
  CHECK_FALSE(parse_dns_reply(circle));
}

TEST_CASE("localhost has an address, and a name that can't exist is said not to") {
  Executor executor(1, 1);
  const auto local = wait_for(executor, lookup_host(executor.blocking(), "localhost"));
  REQUIRE(local);
  CHECK(std::ranges::any_of(*local, [](const std::string& address) {
    return address == "127.0.0.1" || address == "::1";
  }));
  const auto none = wait_for(executor, lookup_host(executor.blocking(), "no-such-host.invalid"));
  REQUIRE_FALSE(none);
  CHECK(none.error().message().starts_with("lookup no-such-host.invalid on "));
}

}  // namespace
}  // namespace alloy::net
