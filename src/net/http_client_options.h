// Everything a user can say about how an HTTP client behaves.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/http_message.h"

namespace alloy::net {

enum class TlsVersion : unsigned char { unspecified, tls10, tls11, tls12, tls13 };

// Each of the three is given as text or as a file; files are read again when they change.
struct TlsClientOptions {
  std::string ca_pem;
  std::string ca_file;
  std::string cert_pem;
  std::string cert_file;
  std::string key_pem;
  std::string key_file;
  std::string server_name;  // For SNI and verification in place of the URL's host.
  bool insecure_skip_verify = false;
  TlsVersion min_version = TlsVersion::unspecified;  // Unspecified: TLS 1.2.
  TlsVersion max_version = TlsVersion::unspecified;  // Unspecified: the newest.
};

struct ProxyOptions {
  std::string url;                // Empty: no proxy.
  std::string no_proxy;           // Hosts, domains, addresses and networks that go past it.
  bool from_environment = false;  // HTTP_PROXY, HTTPS_PROXY, NO_PROXY in place of the above.
  Headers connect_headers;        // Sent with CONNECT only.
};

// Credentials in files are read for each request.
struct BasicAuth {
  std::string username;
  std::string username_file;
  std::string password;
  std::string password_file;
};

struct Authorization {
  std::string type = "Bearer";
  std::string credentials;
  std::string credentials_file;
};

// The client credentials grant (RFC 6749, section 4.4).
struct OAuth2 {
  std::string client_id;
  std::string client_secret;
  std::string client_secret_file;
  std::vector<std::string> scopes;
  std::string token_url;
  std::map<std::string, std::string> endpoint_params;
  TlsClientOptions tls;
  ProxyOptions proxy;
};

struct HttpClientOptions {
  // At most one of these three.
  std::optional<BasicAuth> basic_auth;
  std::optional<Authorization> authorization;
  std::optional<OAuth2> oauth2;

  TlsClientOptions tls;
  ProxyOptions proxy;
  bool follow_redirects = true;
  bool enable_http2 = true;  // Where TLS negotiates it.
  // HTTP/2 on plain connections, without asking; each request makes a connection of its own.
  bool http2_prior_knowledge = false;
  // Connect to this socket of the machine, whatever host the URL names.
  std::string unix_socket;
  Headers headers;         // Sent with every request, before those of the request itself.
  std::string user_agent;  // Unless the request brings its own.

  // Hosts ("alloy.internal:12345") that are answered in-process by calling a handler.
  std::map<std::string, Handler> in_memory;
};

}  // namespace alloy::net
