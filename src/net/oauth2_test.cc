#include "net/oauth2.h"

#include <doctest/doctest.h>

namespace alloy::net {
namespace {

constexpr SteadyTime now{1h};

std::string error_of(int status, std::string_view type, std::string_view body) {
  const auto token = parse_token_answer(status, std::to_string(status) + " X", type, body, now);
  return token ? "no error" : token.error().message();
}

TEST_CASE("a token is read from JSON and from a form") {
  const auto json = parse_token_answer(
      200, "200 OK", "application/json",
      R"({"access_token": "a", "token_type": "bearer", "expires_in": 60, "x": {}})", now);
  REQUIRE(json);
  CHECK(json->authorization == "Bearer a");
  CHECK(json->expires == now + 60s);
  const auto form = parse_token_answer(200, "200 OK", "text/plain; charset=utf-8",
                                       "access_token=b&token_type=mac&expires_in=5", now);
  REQUIRE(form);
  CHECK(form->authorization == "MAC b");
  CHECK(form->expires == now + 5s);
  const auto text =
      parse_token_answer(200, "200 OK", "", R"({"access_token":"c","expires_in":"7"})", now);
  REQUIRE(text);
  CHECK(text->expires == now + 7s);
}

TEST_CASE("a refusal is told in the words of Go's library") {
  CHECK(error_of(400, "", R"({"error": "invalid_scope", "error_description": "no such"})") ==
        R"(oauth2: "invalid_scope" "no such")");
  CHECK(error_of(200, "", R"({"error": "odd"})") == R"(oauth2: "odd")");
  CHECK(error_of(500, "", "oops") == "oauth2: cannot fetch token: 500 X\nResponse: oops");
  CHECK(error_of(200, "", "{}") == "oauth2: server response missing access_token");
  CHECK(error_of(200, "", "oops").starts_with("oauth2: cannot parse json: "));
}

}  // namespace
}  // namespace alloy::net
