#include "net/url.h"

#include <doctest/doctest.h>

namespace alloy::net {
namespace {

std::string error_of(std::string_view text) {
  const auto url = parse_url(text);
  return url ? "no error" : url.error().message();
}

std::string resolved(std::string_view base, std::string_view reference) {
  return resolve_url(parse_url(base).value(), reference).value().to_string();
}

TEST_CASE("a URL is taken apart and put together again") {
  const auto url = parse_url("HTTP://me:p%40ss@Example.com:8080/a%2Fb/c d?x=1&y=2#top").value();
  CHECK(url.scheme == "http");
  CHECK(url.user == "me");
  CHECK(url.password == "p@ss");
  CHECK(url.host == "Example.com:8080");
  CHECK(url.host_name() == "Example.com");
  CHECK(url.port() == "8080");
  CHECK(url.path == "/a/b/c d");
  CHECK(url.target() == "/a/b/c%20d?x=1&y=2");
  CHECK(url.fragment == "top");
  CHECK(url.redacted() == "http://me:xxxxx@Example.com:8080/a/b/c%20d?x=1&y=2#top");
}

TEST_CASE("a path is escaped when it goes on the wire") {
  CHECK(parse_url("http://x/a b").value().target() == "/a%20b");
  CHECK(parse_url("http://x").value().target() == "/");
  CHECK(parse_url("http://x?").value().target() == "/?");
}

TEST_CASE("an IPv6 host keeps its brackets and loses them as a name") {
  const auto url = parse_url("http://[::1]:9090/").value();
  CHECK(url.host == "[::1]:9090");
  CHECK(url.host_name() == "::1");
  CHECK(url.port() == "9090");
  CHECK(parse_url("http://[::1]").value().port().empty());
}

TEST_CASE("what is not a URL is refused with Go's words") {
  CHECK(error_of(":x") == R"(parse ":x": missing protocol scheme)");
  CHECK(error_of("1:2") == R"(parse "1:2": first path segment in URL cannot contain colon)");
  CHECK(error_of("http://x:y/") == R"(parse "http://x:y/": invalid port ":y" after host)");
  CHECK(error_of("http://[::1/") == R"(parse "http://[::1/": missing ']' in host)");
  CHECK(error_of("http://a b/") == R"(parse "http://a b/": invalid character " " in host name)");
  CHECK(error_of("http://x/%zz") == R"(parse "http://x/%zz": invalid URL escape "%zz")");
  CHECK(error_of("http://x/%") == R"(parse "http://x/%": invalid URL escape "%")");
  CHECK(error_of("http://u ser@x/") == R"(parse "http://u ser@x/": net/url: invalid userinfo)");
  CHECK(error_of("http://x/\n") ==
        R"(parse "http://x/\n": net/url: invalid control character in URL)");
}

TEST_CASE("references are resolved as RFC 3986, section 5.4 lists them") {
  const std::string_view base = "http://a/b/c/d;p?q";
  CHECK(resolved(base, "g") == "http://a/b/c/g");
  CHECK(resolved(base, "./g/") == "http://a/b/c/g/");
  CHECK(resolved(base, "/g") == "http://a/g");
  CHECK(resolved(base, "//g") == "http://g");
  CHECK(resolved(base, "?y") == "http://a/b/c/d;p?y");
  CHECK(resolved(base, "") == "http://a/b/c/d;p?q");
  CHECK(resolved(base, "../..") == "http://a/");
  CHECK(resolved(base, "../../../g") == "http://a/g");
  CHECK(resolved(base, "https://z/x/../y") == "https://z/y");
}

TEST_CASE("a query is escaped, sorted and read back") {
  CHECK(encode_query({{"grant_type", "x"}, {"audience", "x y&"}}) ==
        "audience=x+y%26&grant_type=x");
  const auto parameters = parse_query("b=1&a=x+y%26&bad=%zz&flag");
  REQUIRE(parameters.size() == 3);
  CHECK(parameters[1] == std::pair<std::string, std::string>("a", "x y&"));
  CHECK(parameters[2] == std::pair<std::string, std::string>("flag", ""));
}

}  // namespace
}  // namespace alloy::net
