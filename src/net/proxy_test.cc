#include "net/proxy.h"

#include <cstdlib>

#include <doctest/doctest.h>

namespace alloy::net {
namespace {

std::string chosen(const ProxyOptions& options, std::string_view url) {
  return choose_proxy(options, parse_url(url).value());
}

TEST_CASE("the rules of NO_PROXY name hosts, domains, addresses, networks and ports") {
  CHECK(bypasses_proxy("*", "a.example", "80"));
  CHECK(bypasses_proxy("b.example, a.example", "A.example", "80"));
  CHECK(bypasses_proxy("example", "a.example", "80"));
  CHECK_FALSE(bypasses_proxy("ample", "a.example", "80"));
  CHECK(bypasses_proxy(".example", "a.example", "80"));
  CHECK_FALSE(bypasses_proxy(".example", "example", "80"));
  CHECK(bypasses_proxy("*.example", "a.example", "80"));
  CHECK(bypasses_proxy("10.0.0.0/8", "10.1.2.3", "80"));
  CHECK_FALSE(bypasses_proxy("10.0.0.0/8", "11.1.2.3", "80"));
  CHECK(bypasses_proxy("fd00::/8", "fd12::1", "80"));
  CHECK(bypasses_proxy("192.0.2.1", "192.0.2.1", "80"));
  CHECK(bypasses_proxy("a.example:8080", "a.example", "8080"));
  CHECK_FALSE(bypasses_proxy("a.example:8080", "a.example", "80"));
  CHECK_FALSE(bypasses_proxy("", "a.example", "80"));
  CHECK_FALSE(bypasses_proxy("garbage/99,[,:", "a.example", "80"));
}

TEST_CASE("the machine itself is reached directly where rules are given") {
  CHECK(bypasses_proxy("", "localhost", "80"));
  CHECK(bypasses_proxy("", "127.0.0.9", "80"));
  CHECK(bypasses_proxy("", "::1", "80"));
  ProxyOptions options;
  options.url = "http://proxy:3128";
  CHECK(chosen(options, "http://127.0.0.1/") == "http://proxy:3128");
  options.no_proxy = "other";
  CHECK(chosen(options, "http://127.0.0.1/").empty());
  CHECK(chosen(options, "http://x/") == "http://proxy:3128");
  options.url = "socks5://proxy:1080";
  CHECK(chosen(options, "http://x/") == "socks5h://proxy:1080");
}

TEST_CASE("the environment is asked only on demand") {
  setenv("HTTPS_PROXY", "http://secure:1", 1);
  setenv("NO_PROXY", "direct.example", 1);
  ProxyOptions options;
  CHECK(chosen(options, "https://x/").empty());
  options.from_environment = true;
  CHECK(chosen(options, "https://x/") == "http://secure:1");
  CHECK(chosen(options, "https://direct.example/").empty());
  unsetenv("HTTPS_PROXY");
  unsetenv("NO_PROXY");
}

}  // namespace
}  // namespace alloy::net
