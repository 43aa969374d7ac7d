#include "components/shared/http_client_arguments.h"

#include <doctest/doctest.h>

#include "schema/decode.h"
#include "schema/schema_test_types.h"

namespace alloy {
namespace {

struct Decoded {
  HttpClientArguments arguments;
  std::string error;
};

Decoded decode_text(std::string_view body) {
  auto file = schema_test::parsed(body);
  REQUIRE(file != nullptr);
  auto decoded = decode<HttpClientArguments>(schema_test::block_of(file).body,
                                             {.scope = Variables(), .file = ""});
  if (decoded) return {*std::move(decoded), ""};
  return {{}, decoded.error().message()};
}

std::string error_of(std::string_view body) { return decode_text(body).error; }

constexpr std::string_view two_ways =
    "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be "
    "configured";

TEST_CASE("two ways to authenticate are refused") {
  CHECK(error_of("basic_auth { }\nbearer_token = \"x\"") == two_ways);
  CHECK(error_of("bearer_token_file = \"f\"\nbearer_token = \"x\"") == two_ways);
  CHECK(error_of("authorization {\n credentials = \"c\"\n}\noauth2 {\n client_id = \"i\"\n"
                 "client_secret = \"s\"\n token_url = \"http://y\"\n}") == two_ways);
}

TEST_CASE("each block is checked with the real program's words") {
  CHECK(error_of("authorization {\n type = \" Basic\"\n}") ==
        "authorization type cannot be set to \"basic\", use \"basic_auth\" block instead");
  CHECK(error_of("basic_auth {\n password = \"p\"\n password_file = \"f\"\n}") ==
        "at most one of basic_auth password & password_file must be configured");
  CHECK(error_of("oauth2 { }") == "oauth2 client_id must be configured");
  CHECK(error_of("tls_config {\n cert_file = \"c\"\n}") ==
        "exactly one of key_pem or key_file must be configured when a client certificate is "
        "configured");
  CHECK(error_of("tls_config {\n min_version = \"TLS9\"\n}") ==
        "\"TLS9\" unknown TLS version: TLS9");
  CHECK(error_of("no_proxy = \"x\"") ==
        "if no_proxy is configured, proxy_url must also be configured");
  CHECK(error_of("proxy_from_environment = true\nproxy_url = \"http://p\"") ==
        "if proxy_from_environment is configured, proxy_url must not be configured");
  CHECK(error_of("http_headers = {\"content-TYPE\" = [\"x\"]}") ==
        "setting header \"Content-Type\" is not allowed");
  CHECK(error_of("proxy_url = \"1:2\"")
            .contains("parse \"1:2\": first path segment in URL cannot contain colon"));
}

TEST_CASE("everything reaches the client's options") {
  const auto [arguments, error] = decode_text(R"(
    oauth2 {
      client_id = "me"
      client_secret = "s"
      token_url = "http://t"
      scopes = ["a"]
      endpoint_params = {"x" = "y"}
      proxy_url = "http://op"
      tls_config { insecure_skip_verify = true }
    }
    proxy_url = "http://p:1"
    no_proxy = "localhost"
    proxy_connect_header = {"X-P" = ["1"]}
    tls_config {
      ca_pem = "ca"
      server_name = "n"
      min_version = "TLS13"
    }
    follow_redirects = false
    enable_http2 = false
    http_headers = {"X-A" = ["1", "2"]}
  )");
  REQUIRE(error == "");
  const net::HttpClientOptions options = arguments.options("Alloy/1");
  REQUIRE(options.oauth2);
  CHECK(options.oauth2->client_secret == "s");
  CHECK(options.oauth2->endpoint_params.at("x") == "y");
  CHECK(options.oauth2->proxy.url == "http://op");
  CHECK(options.oauth2->tls.insecure_skip_verify);
  CHECK(options.proxy.url == "http://p:1");
  CHECK(options.proxy.no_proxy == "localhost");
  CHECK(options.proxy.connect_headers.get("x-p") == "1");
  CHECK(options.tls.ca_pem == "ca");
  CHECK(options.tls.server_name == "n");
  CHECK(options.tls.min_version == net::TlsVersion::tls13);
  CHECK_FALSE(options.follow_redirects);
  CHECK_FALSE(options.enable_http2);
  CHECK(options.headers.size() == 2);
  CHECK(options.user_agent == "Alloy/1");
}

TEST_CASE("a bearer token is an authorization block from then on") {
  const auto [arguments, error] = decode_text("bearer_token = \"t\"");
  REQUIRE(error == "");
  REQUIRE(arguments.authorization);
  CHECK(arguments.authorization->type == "Bearer");
  CHECK(arguments.authorization->credentials.value == "t");
  CHECK(arguments.bearer_token.empty());
  CHECK(arguments.options("").authorization->credentials == "t");
}

}  // namespace
}  // namespace alloy
