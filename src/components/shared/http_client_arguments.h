// The arguments with which components say how their HTTP client behaves: credentials, TLS, proxies,
// redirects, headers. To be inlined into a component's arguments or into one of its blocks, whose
// validate() then calls this one's.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/shared/url_argument.h"
#include "net/http_client_options.h"
#include "schema/boxed.h"
#include "schema/fields.h"

namespace alloy {

using HeaderArguments = std::map<std::string, std::vector<Secret>>;

}  // namespace alloy

namespace alloy::net {

constexpr auto enum_names(TlsVersion) {
  return std::array{EnumName{TlsVersion::tls10, "TLS10"}, EnumName{TlsVersion::tls11, "TLS11"},
                    EnumName{TlsVersion::tls12, "TLS12"}, EnumName{TlsVersion::tls13, "TLS13"}};
}
std::string enum_error(TlsVersion, std::string_view text);

}  // namespace alloy::net

namespace alloy {

// net::TlsVersion as clients spell it: the real program refuses others with another text than it
// does for servers.
enum class TlsClientVersion : unsigned char { unspecified, tls10, tls11, tls12, tls13 };
constexpr auto enum_names(TlsClientVersion) {
  using enum TlsClientVersion;
  return std::array{EnumName{tls10, "TLS10"}, EnumName{tls11, "TLS11"}, EnumName{tls12, "TLS12"},
                    EnumName{tls13, "TLS13"}};
}
std::string enum_error(TlsClientVersion, std::string_view text);

struct TlsClientArguments {
  std::string ca_pem;
  std::string ca_file;
  std::string cert_pem;
  std::string cert_file;
  Secret key_pem;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
  TlsClientVersion min_version = TlsClientVersion::unspecified;

  static constexpr auto schema() {
    using T = TlsClientArguments;
    return fields(
        optional<&T::ca_pem>("ca_pem", "CA certificates (PEM) to verify the server with."),
        optional<&T::ca_file>("ca_file", "File with the CA certificates."),
        optional<&T::cert_pem>("cert_pem", "Client certificate (PEM)."),
        optional<&T::cert_file>("cert_file", "File with the client certificate."),
        optional<&T::key_pem>("key_pem", "Key of the client certificate (PEM)."),
        optional<&T::key_file>("key_file", "File with the key of the client certificate."),
        optional<&T::server_name>("server_name", "Name that the server's certificate is for."),
        optional<&T::insecure_skip_verify>("insecure_skip_verify",
                                           "Accept any certificate of the server."),
        optional<&T::min_version>("min_version", "Lowest TLS version to accept."));
  }
  Result<void> validate() const;
  bool operator==(const TlsClientArguments&) const = default;

  net::TlsClientOptions options() const;
};

struct ProxyArguments {
  std::optional<UrlArgument> proxy_url;
  std::string no_proxy;
  bool proxy_from_environment = false;
  HeaderArguments proxy_connect_header;

  static constexpr auto schema() {
    using T = ProxyArguments;
    return fields(
        optional<&T::proxy_url>("proxy_url", "HTTP proxy to send requests through."),
        optional<&T::no_proxy>("no_proxy", "Hosts and networks that are reached directly."),
        optional<&T::proxy_from_environment>("proxy_from_environment",
                                             "Take the proxy from the environment's variables."),
        optional<&T::proxy_connect_header>("proxy_connect_header",
                                           "Headers to send to the proxy with CONNECT."));
  }
  Result<void> validate() const;
  bool operator==(const ProxyArguments&) const = default;

  net::ProxyOptions options() const;
};

struct BasicAuthArguments {
  std::string username;
  Secret password;
  std::string password_file;

  static constexpr auto schema() {
    using T = BasicAuthArguments;
    return fields(optional<&T::username>("username", "User name."),
                  optional<&T::password>("password", "Password."),
                  optional<&T::password_file>("password_file", "File with the password."));
  }
  Result<void> validate() const;
  bool operator==(const BasicAuthArguments&) const = default;
};

struct AuthorizationArguments {
  std::string type;
  Secret credentials;
  std::string credentials_file;

  static constexpr auto schema() {
    using T = AuthorizationArguments;
    return fields(optional<&T::type>("type", "Type of the credentials; Bearer if it is empty."),
                  optional<&T::credentials>("credentials", "The credentials."),
                  optional<&T::credentials_file>("credentials_file", "File with the credentials."));
  }
  Result<void> validate();  // Fills in the type.
  bool operator==(const AuthorizationArguments&) const = default;
};

struct OAuth2Arguments {
  std::string client_id;
  Secret client_secret;
  std::string client_secret_file;
  std::vector<std::string> scopes;
  std::string token_url;
  std::map<std::string, std::string> endpoint_params;
  ProxyArguments proxy;
  Boxed<TlsClientArguments> tls;

  static constexpr auto schema() {
    using T = OAuth2Arguments;
    return fields(
        optional<&T::client_id>("client_id", "Id of the client."),
        optional<&T::client_secret>("client_secret", "Secret of the client."),
        optional<&T::client_secret_file>("client_secret_file", "File with the secret."),
        optional<&T::scopes>("scopes", "Scopes to ask for."),
        optional<&T::token_url>("token_url", "Where tokens are issued."),
        optional<&T::endpoint_params>("endpoint_params", "Further parameters of the request."),
        inlined<&T::proxy>(), block<&T::tls>("tls_config", "TLS towards the token's issuer."));
  }
  Result<void> validate() const;
  bool operator==(const OAuth2Arguments&) const = default;
};

struct HttpClientArguments {
  Boxed<BasicAuthArguments> basic_auth;
  Boxed<AuthorizationArguments> authorization;
  Boxed<OAuth2Arguments> oauth2;
  Secret bearer_token;
  std::string bearer_token_file;
  ProxyArguments proxy;
  Boxed<TlsClientArguments> tls;
  bool follow_redirects = true;
  bool enable_http2 = true;
  HeaderArguments http_headers;

  static constexpr auto schema() {
    using T = HttpClientArguments;
    return fields(
        block<&T::basic_auth>("basic_auth", "User name and password."),
        block<&T::authorization>("authorization", "An Authorization header of any type."),
        block<&T::oauth2>("oauth2", "Tokens by OAuth 2.0 client credentials."),
        optional<&T::bearer_token>("bearer_token", "Bearer token."),
        optional<&T::bearer_token_file>("bearer_token_file", "File with a bearer token."),
        inlined<&T::proxy>(), block<&T::tls>("tls_config", "TLS towards the server."),
        optional<&T::follow_redirects>("follow_redirects", "Whether redirects are followed."),
        optional<&T::enable_http2>("enable_http2", "Whether HTTP/2 may be used over TLS."),
        optional<&T::http_headers>("http_headers", "Headers to send with every request."));
  }
  // Turns a bearer token into an authorization block, as the API then shows it.
  Result<void> validate();
  bool operator==(const HttpClientArguments&) const = default;

  // What HttpClient::create() takes; `user_agent` as in services/identity.h.
  net::HttpClientOptions options(std::string user_agent) const;
};

}  // namespace alloy
