// The http part of a module, and the options that it has in common with all HTTP clients.
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_blackbox/module.h"
#include "net/http_message.h"
#include "net/url.h"
#include "signals/number_text.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr std::string_view struct_name = "config.plain";

void read_version(YamlMapping& fields, std::string_view key, net::TlsVersion& out) {
  std::string text;
  if (!fields.read(key, text) || text.empty()) return;
  using enum net::TlsVersion;
  if (text == "TLS10") {
    out = tls10;
  } else if (text == "TLS11") {
    out = tls11;
  } else if (text == "TLS12") {
    out = tls12;
  } else if (text == "TLS13") {
    out = tls13;
  } else {
    fields.errors().refuse("unknown TLS version: " + text);
  }
}

void read_headers(YamlMapping& fields, std::string_view key, net::Headers& out) {
  std::map<std::string, std::vector<std::string>> headers;
  fields.read(key, headers);
  for (const auto& [name, values] : headers)
    for (const std::string& value : values) out.add(name, value);
}

struct ProxyFields {
  net::ProxyOptions& proxy;

  void read(YamlMapping& fields) const {
    fields.read("proxy_url", proxy.url);
    fields.read("no_proxy", proxy.no_proxy);
    fields.read("proxy_from_environment", proxy.from_environment);
    read_headers(fields, "proxy_connect_header", proxy.connect_headers);
    if (!proxy.url.empty() && !net::parse_url(proxy.url))
      fields.errors().refuse(fmt::format("parse {}: invalid proxy_url", quote(proxy.url)));
    if (proxy.from_environment && (!proxy.url.empty() || !proxy.no_proxy.empty()))
      fields.errors().refuse(
          "if proxy_from_environment is configured, proxy_url and no_proxy must not be configured");
  }
};

void read_basic_auth(const YamlNode& node, net::HttpClientOptions& client, YamlErrors& errors) {
  YamlMapping fields(node, "config.BasicAuth", errors);
  net::BasicAuth& auth = client.basic_auth.emplace();
  fields.read("username", auth.username);
  fields.read("username_file", auth.username_file);
  fields.read("password", auth.password);
  fields.read("password_file", auth.password_file);
  fields.refuse_others();
  if (!auth.username.empty() && !auth.username_file.empty())
    errors.refuse("at most one of basic_auth username & username_file must be configured");
  if (!auth.password.empty() && !auth.password_file.empty())
    errors.refuse("at most one of basic_auth password & password_file must be configured");
}

void read_authorization(const YamlNode& node, net::HttpClientOptions& client, YamlErrors& errors) {
  YamlMapping fields(node, "config.Authorization", errors);
  net::Authorization& auth = client.authorization.emplace();
  fields.read("type", auth.type);
  fields.read("credentials", auth.credentials);
  fields.read("credentials_file", auth.credentials_file);
  fields.refuse_others();
  if (auth.type.empty()) auth.type = "Bearer";
  if (!auth.credentials.empty() && !auth.credentials_file.empty())
    errors.refuse("at most one of authorization credentials & credentials_file must be configured");
  if (net::equals_ignoring_case(auth.type, "basic"))
    errors.refuse("authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
}

void read_oauth2(const YamlNode& node, net::HttpClientOptions& client, YamlErrors& errors) {
  YamlMapping fields(node, "config.plain", errors);
  net::OAuth2& oauth2 = client.oauth2.emplace();
  fields.read("client_id", oauth2.client_id);
  fields.read("client_secret", oauth2.client_secret);
  fields.read("client_secret_file", oauth2.client_secret_file);
  fields.read("scopes", oauth2.scopes);
  fields.read("token_url", oauth2.token_url);
  fields.read("endpoint_params", oauth2.endpoint_params);
  if (const YamlNode* tls = fields.find("tls_config")) read_tls_options(*tls, oauth2.tls, errors);
  ProxyFields{oauth2.proxy}.read(fields);
  fields.refuse_others();
  if (oauth2.client_id.empty()) errors.refuse("oauth2 client_id must be configured");
  if (oauth2.token_url.empty()) errors.refuse("oauth2 token_url must be configured");
  if (!oauth2.client_secret.empty() && !oauth2.client_secret_file.empty())
    errors.refuse("at most one of oauth2 client_secret, client_secret_file must be configured");
}

// values, secrets and files of each header.
void read_http_headers(const YamlNode& node, HttpModule& http, YamlErrors& errors) {
  YamlMapping headers(node, "map[string]config.Header", errors);
  for (const std::string& name : node.keys) {
    YamlMapping fields(*headers.find(name), "config.Header", errors);
    std::vector<std::string> values;
    std::vector<std::string> secrets;
    std::vector<std::string> files;
    fields.read("values", values);
    fields.read("secrets", secrets);
    fields.read("files", files);
    fields.refuse_others();
    for (std::string& value : values) http.client.headers.add(name, std::move(value));
    for (std::string& value : secrets) http.client.headers.add(name, std::move(value));
    for (std::string& path : files) http.header_files.emplace_back(name, std::move(path));
  }
}

// "10MB", "1.5GiB": powers of 1024 whatever the spelling, as the real program has it.
std::optional<uint64_t> parse_size(std::string_view text) {
  const size_t unit_at = text.find_first_not_of("0123456789.");
  const auto number = parse_double(text.substr(0, unit_at));
  if (!number) return std::nullopt;
  std::string_view unit = unit_at == text.npos ? std::string_view() : text.substr(unit_at);
  if (unit.empty()) return *number == 0 ? std::optional<uint64_t>(0) : std::nullopt;
  double factor = 1;
  if (unit != "B") {
    const size_t power = std::string_view("KMGTPE").find(unit.front());
    if (power == std::string_view::npos || (unit.substr(1) != "B" && unit.substr(1) != "iB"))
      return std::nullopt;
    factor = std::pow(1024.0, static_cast<double>(power + 1));
  }
  return static_cast<uint64_t>(*number * factor);
}

void read_size_limit(YamlMapping& fields, HttpModule& http) {
  std::string text;
  if (!fields.read("body_size_limit", text) || text.empty()) return;
  if (const auto size = parse_size(text)) {
    http.body_size_limit = *size;
  } else {
    fields.errors().refuse(fmt::format("units: unknown unit  in {}", text));
  }
}

// Whether the answer may be compressed the way that the module then expects it.
bool accepts(std::string_view header, std::string_view compression) {
  double best = -1;
  bool is_accepted = false;
  for (std::string_view part : split(header, ',')) {
    const size_t semicolon = part.rfind(';');
    double quality = 1;
    if (semicolon != part.npos) {
      std::string_view text = trim(part.substr(semicolon + 1));
      if (text.starts_with("q=")) text.remove_prefix(2);
      quality = std::round(parse_double(text).value_or(0) * 1000) / 1000;
      part = part.substr(0, semicolon);
    }
    part = trim(part);
    if ((part != compression && part != "*") || quality <= best) continue;
    best = quality;
    is_accepted = quality > 0;
  }
  return is_accepted;
}

}  // namespace

void read_tls_options(const YamlNode& node, net::TlsClientOptions& tls, YamlErrors& errors) {
  YamlMapping fields(node, "config.plain", errors);
  fields.read("ca", tls.ca_pem);
  fields.read("cert", tls.cert_pem);
  fields.read("key", tls.key_pem);
  fields.read("ca_file", tls.ca_file);
  fields.read("cert_file", tls.cert_file);
  fields.read("key_file", tls.key_file);
  fields.read("server_name", tls.server_name);
  fields.read("insecure_skip_verify", tls.insecure_skip_verify);
  read_version(fields, "min_version", tls.min_version);
  read_version(fields, "max_version", tls.max_version);
  fields.refuse_others();
  const auto both = [&](const std::string& a, const std::string& b, std::string_view names) {
    if (!a.empty() && !b.empty())
      errors.refuse(fmt::format("at most one of {} must be configured", names));
  };
  both(tls.ca_pem, tls.ca_file, "ca and ca_file");
  both(tls.cert_pem, tls.cert_file, "cert and cert_file");
  both(tls.key_pem, tls.key_file, "key and key_file");
  const bool has_certificate = !tls.cert_pem.empty() || !tls.cert_file.empty();
  const bool has_key = !tls.key_pem.empty() || !tls.key_file.empty();
  if (has_certificate && !has_key)
    errors.refuse(
        "exactly one of key or key_file must be configured when a client certificate is "
        "configured");
  if (has_key && !has_certificate)
    errors.refuse(
        "exactly one of cert or cert_file must be configured when a client key is "
        "configured");
}

void read_client_options(YamlMapping& fields, HttpModule& http) {
  net::HttpClientOptions& client = http.client;
  YamlErrors& errors = fields.errors();
  if (const YamlNode* node = fields.find("basic_auth")) read_basic_auth(*node, client, errors);
  if (const YamlNode* node = fields.find("authorization"))
    read_authorization(*node, client, errors);
  if (const YamlNode* node = fields.find("oauth2")) read_oauth2(*node, client, errors);
  std::string token;
  std::string token_file;
  fields.read("bearer_token", token);
  fields.read("bearer_token_file", token_file);
  if (!token.empty() && !token_file.empty())
    errors.refuse("at most one of bearer_token & bearer_token_file must be configured");
  if (!token.empty() || !token_file.empty()) {
    if (client.basic_auth || client.authorization || client.oauth2)
      errors.refuse(
          "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
    client.authorization = {.credentials = token, .credentials_file = token_file};
  }
  if (client.basic_auth.has_value() + client.authorization.has_value() + client.oauth2.has_value() >
      1)
    errors.refuse("at most one of basic_auth, authorization & oauth2 must be configured");
  if (const YamlNode* node = fields.find("tls_config")) read_tls_options(*node, client.tls, errors);
  ProxyFields{client.proxy}.read(fields);
  fields.read("follow_redirects", http.follow_redirects);
  fields.read("enable_http2", client.enable_http2);
  if (const YamlNode* node = fields.find("http_headers")) read_http_headers(*node, http, errors);
}

void read_http_module(const YamlNode& node, HttpModule& http, YamlErrors& errors) {
  YamlMapping fields(node, struct_name, errors);
  fields.read("valid_status_codes", http.valid_status_codes);
  fields.read("valid_http_versions", http.valid_http_versions);
  fields.read("preferred_ip_protocol", http.address.preferred_ip_protocol);
  fields.read("ip_protocol_fallback", http.address.ip_protocol_fallback);
  fields.read("skip_resolve_phase_with_proxy", http.skip_resolve_phase_with_proxy);
  fields.read("fail_if_ssl", http.fail_if_ssl);
  fields.read("fail_if_not_ssl", http.fail_if_not_ssl);
  fields.read("method", http.method);
  fields.read("headers", http.headers);
  fields.read("fail_if_body_matches_regexp", http.fail_if_body_matches);
  fields.read("fail_if_body_not_matches_regexp", http.fail_if_body_not_matches);
  fields.read("fail_if_header_matches", http.fail_if_header_matches);
  fields.read("fail_if_header_not_matches", http.fail_if_header_not_matches);
  fields.read("body", http.body);
  fields.read("body_file", http.body_file);
  fields.read("compression", http.compression);
  if (!http.compression.empty() && http.compression != "gzip" && http.compression != "deflate" &&
      http.compression != "identity")
    errors.refuse("compression: " + http.compression + " is not supported");
  read_size_limit(fields, http);
  read_client_options(fields, http);
  bool stays = false;
  if (fields.read("no_follow_redirects", stays)) http.follow_redirects = !stays;
  fields.refuse_others();
  http.client.follow_redirects = false;  // The prober follows them itself: it counts.
  if (!http.body.empty() && !http.body_file.empty())
    errors.refuse("setting body and body_file both are not allowed");
  for (const auto& [name, value] : http.headers) {
    if (net::equals_ignoring_case(name, "Accept-Encoding") && !http.compression.empty() &&
        !value.empty() && !accepts(value, http.compression))
      errors.refuse(fmt::format("invalid configuration \"{}: {}\", \"compression: {}\"", name,
                                value, http.compression));
  }
}

}  // namespace alloy::prometheus::exporter_blackbox
