// The modules of a blackbox configuration: what to probe with, and what counts as success.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "components/prometheus/shared/yaml_document.h"
#include "net/http_client_options.h"

namespace re2 {
class RE2;
}

namespace alloy::prometheus::exporter_blackbox {

// Finds its expression anywhere in a text, unlike RegularExpression.
struct Pattern {
  std::string source;
  std::shared_ptr<const re2::RE2> expression;  // Null: none.

  static Result<Pattern> create(std::string source);
  bool matches(std::string_view text) const;
};

struct HeaderMatch {
  std::string header;
  Pattern pattern;
  bool allow_missing = false;
};

// Which of a host's addresses is probed.
struct AddressChoice {
  std::string preferred_ip_protocol;  // "ip4", or anything else for ip6.
  bool ip_protocol_fallback = true;
};

struct HttpModule {
  std::vector<int64_t> valid_status_codes;  // Empty: 2xx.
  std::vector<std::string> valid_http_versions;
  AddressChoice address;
  bool skip_resolve_phase_with_proxy = false;
  bool fail_if_ssl = false;
  bool fail_if_not_ssl = false;
  std::string method;
  std::map<std::string, std::string> headers;
  std::vector<Pattern> fail_if_body_matches;
  std::vector<Pattern> fail_if_body_not_matches;
  std::vector<HeaderMatch> fail_if_header_matches;
  std::vector<HeaderMatch> fail_if_header_not_matches;
  std::string body;
  std::string body_file;
  std::string compression;
  uint64_t body_size_limit = 0;  // 0: none.
  bool follow_redirects = true;
  net::HttpClientOptions client;
  std::vector<std::pair<std::string, std::string>> header_files;  // Header and path.
};

struct QueryResponse {
  std::optional<Pattern> expect;
  std::string send;
  bool starttls = false;
};

struct TcpModule {
  AddressChoice address;
  std::string source_ip_address;
  std::vector<QueryResponse> query_response;
  bool tls = false;
  net::TlsClientOptions tls_config;
};

struct IcmpModule {
  AddressChoice address;
  std::string source_ip_address;
  int64_t payload_size = 0;
  bool dont_fragment = false;
  int64_t ttl = 64;
};

struct RecordRules {
  std::vector<std::string> fail_if_matches;
  std::vector<std::string> fail_if_all_match;
  std::vector<std::string> fail_if_not_matches;
  std::vector<std::string> fail_if_none_matches;
};

struct DnsModule {
  AddressChoice address;
  bool dns_over_tls = false;
  net::TlsClientOptions tls_config;
  std::string source_ip_address;
  std::string transport_protocol;
  std::string query_class;
  std::string query_name;
  std::string query_type;
  bool recursion_desired = true;
  std::vector<std::string> valid_rcodes;
  RecordRules answer;
  RecordRules authority;
  RecordRules additional;
};

struct GrpcModule {
  std::string service;
  bool tls = false;
  net::TlsClientOptions tls_config;
  AddressChoice address;
};

struct Module {
  std::string prober;
  Duration timeout{};
  HttpModule http;
  TcpModule tcp;
  IcmpModule icmp;
  DnsModule dns;
  GrpcModule grpc;
  std::string source;  // As it was written, without its secrets.
};

using Modules = std::map<std::string, std::shared_ptr<const Module>, std::less<>>;

// Errors as the real program's library has them, several lines where there are several mistakes.
Result<Modules> read_modules(std::string_view yaml);

// Parts of the above.
void read_http_module(const YamlNode& node, HttpModule& http, YamlErrors& errors);
void read_tls_options(const YamlNode& node, net::TlsClientOptions& tls, YamlErrors& errors);
// The options that are those of every HTTP client; `fields` is the mapping they stand in.
void read_client_options(YamlMapping& fields, HttpModule& http);
void read_yaml(const YamlNode& node, YamlErrors& errors, Pattern& out);
void read_yaml(const YamlNode& node, YamlErrors& errors, HeaderMatch& out);
void read_yaml(const YamlNode& node, YamlErrors& errors, QueryResponse& out);

}  // namespace alloy::prometheus::exporter_blackbox
