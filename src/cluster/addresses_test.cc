#include "cluster/addresses.h"

#include <doctest/doctest.h>

#include "base/executor.h"

namespace alloy::cluster {
namespace {

InterfaceAddress at(std::string interface, std::string_view address, bool is_loopback = false) {
  return {std::move(interface), parse_address(address)->ip, is_loopback};
}

TEST_CASE("a global IPv4 of the named interfaces is advertised before anything else") {
  const std::vector all = {at("lo", "127.0.0.1:1", true), at("eth0", "[fe80::1]:1"),
                           at("eth0", "169.254.1.1:1"), at("eth0", "[2001:db8::1]:1"),
                           at("eth1", "10.0.0.1:1")};
  const auto choose = [&](std::vector<std::string> names) {
    const auto ip = choose_advertise_ip(all, names);
    return ip ? format_ip(*ip) : ip.error().message();
  };
  CHECK(choose({"eth0"}) == "2001:db8::1");
  CHECK(choose({"eth0", "eth1"}) == "10.0.0.1");
  CHECK(choose({"all"}) == "10.0.0.1");
  CHECK(choose({"lo"}) == "no useable address found for interfaces");
}

Task<> resolve_into(AnyExecutor blocking, std::vector<std::string> entries,
                    Result<std::vector<Address>>& out) {
  out = co_await resolve_join_addresses(blocking, std::move(entries), 12345, Logger());
}

TEST_CASE("join addresses get the default port and are not repeated") {
  Executor executor(1);
  Result<std::vector<Address>> found;
  executor.run(resolve_into(executor.blocking(),
                            {"127.0.0.1", "127.0.0.1:12345", "127.0.0.1:80", "::1", "[::1]:81"},
                            found));
  REQUIRE(found.has_value());
  std::vector<std::string> texts;
  for (const Address& address : *found) texts.push_back(format_address(address));
  CHECK(texts ==
        std::vector<std::string>{"127.0.0.1:12345", "127.0.0.1:80", "[::1]:12345", "[::1]:81"});
}

}  // namespace
}  // namespace alloy::cluster
