// Checks of the HTTP client's arguments, and their translation.
#include "components/shared/http_client_arguments.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy {

namespace {

net::Headers to_headers(const HeaderArguments& arguments) {
  net::Headers headers;
  for (const auto& [name, values] : arguments) {
    for (const Secret& value : values) headers.add(name, value.value);
  }
  return headers;
}

// What the client itself sets, or what other arguments are for.
constexpr std::array<std::string_view, 18> reserved_headers = {
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-prometheus-scrape-timeout-seconds",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256"};

// "Content-Type" for "content-type": how Go spells header names.
std::string canonical_name(std::string name) {
  bool at_start = true;
  for (char& c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_lower = c >= 'a' && c <= 'z';
    if (at_start && is_lower) c = static_cast<char>(c - 32);
    if (!at_start && is_upper) c = static_cast<char>(c + 32);
    at_start = c == '-';
  }
  return name;
}

Result<void> check_headers(const HeaderArguments& headers) {
  for (const auto& [name, values] : headers) {
    const bool is_reserved = std::ranges::any_of(reserved_headers, [&](std::string_view reserved) {
      return net::equals_ignoring_case(reserved, name);
    });
    if (is_reserved) {
      return fail(fmt::format("setting header {} is not allowed", quote(canonical_name(name))));
    }
  }
  return {};
}

}  // namespace

std::string enum_error(TlsClientVersion, std::string_view text) {
  return fmt::format("unknown TLS version: {}", text);
}

Result<void> TlsClientArguments::validate() const {
  if (!ca_pem.empty() && !ca_file.empty()) {
    return fail("at most one of ca_pem and ca_file must be configured");
  }
  if (!cert_pem.empty() && !cert_file.empty()) {
    return fail("at most one of cert_pem and cert_file must be configured");
  }
  if (!key_pem.empty() && !key_file.empty()) {
    return fail("at most one of key_pem and key_file must be configured");
  }
  const bool has_certificate = !cert_pem.empty() || !cert_file.empty();
  const bool has_key = !key_pem.empty() || !key_file.empty();
  if (has_certificate && !has_key) {
    return fail(
        "exactly one of key_pem or key_file must be configured when a client certificate is "
        "configured");
  }
  if (has_key && !has_certificate) {
    return fail(
        "exactly one of cert_pem or cert_file must be configured when a client key is configured");
  }
  return {};
}

net::TlsClientOptions TlsClientArguments::options() const {
  return {.ca_pem = ca_pem,
          .ca_file = ca_file,
          .cert_pem = cert_pem,
          .cert_file = cert_file,
          .key_pem = key_pem.value,
          .key_file = key_file,
          .server_name = server_name,
          .insecure_skip_verify = insecure_skip_verify,
          .min_version = static_cast<net::TlsVersion>(min_version)};
}

Result<void> ProxyArguments::validate() const {
  const bool has_url = proxy_url && !proxy_url->empty();
  if (!proxy_connect_header.empty() && !proxy_from_environment && !has_url) {
    return fail(
        "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be "
        "configured");
  }
  if (proxy_from_environment && has_url) {
    return fail("if proxy_from_environment is configured, proxy_url must not be configured");
  }
  if (proxy_from_environment && !no_proxy.empty()) {
    return fail("if proxy_from_environment is configured, no_proxy must not be configured");
  }
  if (!proxy_url && !no_proxy.empty()) {
    return fail("if no_proxy is configured, proxy_url must also be configured");
  }
  return {};
}

net::ProxyOptions ProxyArguments::options() const {
  return {.url = proxy_url ? proxy_url->text : "",
          .no_proxy = no_proxy,
          .from_environment = proxy_from_environment,
          .connect_headers = to_headers(proxy_connect_header)};
}

Result<void> BasicAuthArguments::validate() const {
  if (!password.empty() && !password_file.empty()) {
    return fail("at most one of basic_auth password & password_file must be configured");
  }
  return {};
}

Result<void> AuthorizationArguments::validate() {
  if (!credentials.empty() && !credentials_file.empty()) {
    return fail("at most one of authorization credentials & credentials_file must be configured");
  }
  type = trim(type);
  if (type.empty()) type = "Bearer";
  if (net::equals_ignoring_case(type, "basic")) {
    return fail("authorization type cannot be set to \"basic\", use \"basic_auth\" block instead");
  }
  return {};
}

Result<void> OAuth2Arguments::validate() const {
  if (client_id.empty()) return fail("oauth2 client_id must be configured");
  if (token_url.empty()) return fail("oauth2 token_url must be configured");
  if (client_secret.empty() && client_secret_file.empty()) {
    return fail("either oauth2 client_secret or client_secret_file must be configured");
  }
  if (!client_secret.empty() && !client_secret_file.empty()) {
    return fail("at most one of oauth2 client_secret & client_secret_file must be configured");
  }
  return proxy.validate();
}

Result<void> HttpClientArguments::validate() {
  const int ways = int{basic_auth.has_value()} + int{authorization.has_value()} +
                   int{oauth2.has_value()} + int{!bearer_token.empty()} +
                   int{!bearer_token_file.empty()};
  if (ways > 1) {
    return fail(
        "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must "
        "be configured");
  }
  if (!bearer_token.empty() || !bearer_token_file.empty()) {
    authorization =
        AuthorizationArguments{.type = "Bearer",
                               .credentials = std::exchange(bearer_token, {}),
                               .credentials_file = std::exchange(bearer_token_file, {})};
  }
  TRY(check_headers(http_headers));
  return proxy.validate();
}

net::HttpClientOptions HttpClientArguments::options(std::string user_agent) const {
  net::HttpClientOptions result;
  if (basic_auth) {
    result.basic_auth = {.username = basic_auth->username,
                         .username_file = {},
                         .password = basic_auth->password.value,
                         .password_file = basic_auth->password_file};
  }
  if (authorization) {
    result.authorization = {.type = authorization->type.empty() ? "Bearer" : authorization->type,
                            .credentials = authorization->credentials.value,
                            .credentials_file = authorization->credentials_file};
  }
  if (oauth2) {
    result.oauth2 = {.client_id = oauth2->client_id,
                     .client_secret = oauth2->client_secret.value,
                     .client_secret_file = oauth2->client_secret_file,
                     .scopes = oauth2->scopes,
                     .token_url = oauth2->token_url,
                     .endpoint_params = oauth2->endpoint_params,
                     .tls = oauth2->tls.value_or(TlsClientArguments{}).options(),
                     .proxy = oauth2->proxy.options()};
  }
  result.tls = tls.value_or(TlsClientArguments{}).options();
  result.proxy = proxy.options();
  result.follow_redirects = follow_redirects;
  result.enable_http2 = enable_http2;
  result.headers = to_headers(http_headers);
  result.user_agent = std::move(user_agent);
  return result;
}

}  // namespace alloy

namespace alloy::net {

std::string enum_error(TlsVersion, std::string_view text) {
  return "unknown TLS version " + quote(text);
}

}  // namespace alloy::net
