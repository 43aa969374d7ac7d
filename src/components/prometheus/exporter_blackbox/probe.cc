#include "components/prometheus/exporter_blackbox/probe.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "net/dns.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr size_t clients_max = 256;

using Help = std::pair<std::string_view, std::string_view>;

constexpr std::array metric_help = {
    Help{"probe_success", "Displays whether or not the probe was a success"},
    Help{"probe_duration_seconds", "Returns how long the probe took to complete in seconds"},
    Help{"probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds"},
    Help{"probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6"},
    Help{"probe_ip_addr_hash",
         "Specifies the hash of IP address. It's useful to detect if the IP address changes."},
    Help{"probe_failed_due_to_regex", "Indicates if probe failed due to regex"},
    Help{"probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime"},
    Help{"probe_ssl_last_chain_expiry_timestamp_seconds",
         "Returns last SSL chain expiry in timestamp"},
    Help{"probe_ssl_last_chain_info", "Contains SSL leaf certificate information"},
    Help{"probe_tls_version_info", "Returns the TLS version used or NaN when unknown"},
    Help{"probe_http_duration_seconds",
         "Duration of http request by phase, summed over all redirects"},
    Help{"probe_http_content_length", "Length of http content response"},
    Help{"probe_http_uncompressed_body_length", "Length of uncompressed response body"},
    Help{"probe_http_redirects", "The number of redirects"},
    Help{"probe_http_ssl", "Indicates if SSL was used for the final redirect"},
    Help{"probe_http_status_code", "Response HTTP status code"},
    Help{"probe_http_version", "Returns the version of HTTP of the probe response"},
    Help{"probe_http_last_modified_timestamp_seconds",
         "Returns the Last-Modified HTTP response header in unixtime"},
    Help{"probe_dns_duration_seconds", "Duration of DNS request by phase"},
    Help{"probe_dns_answer_rrs", "Returns number of entries in the answer resource record list"},
    Help{"probe_dns_authority_rrs",
         "Returns number of entries in the authority resource record list"},
    Help{"probe_dns_additional_rrs",
         "Returns number of entries in the additional resource record list"},
    Help{"probe_dns_query_succeeded",
         "Displays whether or not the query was executed successfully"},
    Help{"probe_dns_serial", "Returns the serial number of the zone"},
    Help{"probe_icmp_duration_seconds", "Duration of icmp request by phase"},
    Help{"probe_icmp_reply_hop_limit", "Replied packet hop limit (TTL for ipv4)"},
    Help{"probe_grpc_duration_seconds", "Duration of gRPC request by phase"},
    Help{"probe_grpc_ssl", "Indicates if SSL was used for the connection"},
    Help{"probe_grpc_status_code", "Response gRPC status code"},
    Help{"probe_grpc_healthcheck_response", "Response HealthCheck response"},
};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

MetricSample& sample_of(MetricFamilies& families, std::string_view name, MetricLabels labels) {
  const auto help = std::ranges::find(metric_help, name, &Help::first);
  ASSERT(help != metric_help.end());
  MetricFamily& family = families[std::string(name)];
  family.name = name;
  family.help = help->second;
  const auto found = std::ranges::find(family.samples, labels, &MetricSample::labels);
  if (found != family.samples.end()) return *found;
  return family.samples.emplace_back(std::string(name), std::move(labels), 0);
}

// FNV-1a over the bytes of the address, as dashboards know it.
double address_hash(const boost::asio::ip::address& address) {
  uint32_t hash = 2'166'136'261;
  const auto add = [&](const auto& bytes) {
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 16'777'619;
  };
  if (address.is_v4()) {
    add(address.to_v4().to_bytes());
  } else {
    add(address.to_v6().to_bytes());
  }
  return hash;
}

// The preferred family's first address, else any if that is allowed.
std::string choose(const std::vector<std::string>& addresses, bool prefers_v4, bool falls_back) {
  for (const std::string& address : addresses)
    if (address.contains(':') != prefers_v4) return address;
  return falls_back && !addresses.empty() ? addresses.back() : "";
}

}  // namespace

Result<std::shared_ptr<net::HttpClient>> Clients::get(const std::string& key,
                                                      const net::HttpClientOptions& options) {
  const std::lock_guard lock(mutex_);
  if (const auto found = clients_.find(key); found != clients_.end()) return found->second;
  TRY(std::shared_ptr<net::HttpClient> client, net::HttpClient::create(executor_, options));
  if (clients_.size() < clients_max) clients_[key] = client;
  return client;
}

void Probe::say(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  const auto sink = std::make_shared<LogSink>([this](std::string_view line) { log.append(line); });
  sink->configure(LogLevel::debug, LogFormat::logfmt);
  const std::initializer_list<std::pair<std::string, std::string>> context = {
      {"module", module_name}, {"target", target}};
  Logger(sink).with(context).log(level, message, fields);
  // A failing probe is a finding, not a fault of the program.
  if (logger.is_enabled(LogLevel::debug)) logger.with(context).debug(message, fields);
}

void Probe::set(std::string_view name, double value, MetricLabels labels) {
  sample_of(metrics, name, std::move(labels)).value = value;
}

void Probe::add_phase(std::string_view name, std::string_view phase, Duration duration) {
  sample_of(metrics, name, {{"phase", std::string(phase)}}).value += seconds(duration);
}

void Probe::set_tls(const net::TlsState& tls) {
  set("probe_ssl_earliest_cert_expiry", static_cast<double>(tls.earliest_expiry));
  set("probe_tls_version_info", 1, {{"version", tls.version}});
  set("probe_ssl_last_chain_expiry_timestamp_seconds", static_cast<double>(tls.chain_expiry));
  set("probe_ssl_last_chain_info", 1,
      {{"fingerprint_sha256", tls.fingerprint_sha256},
       {"issuer", tls.issuer},
       {"subject", tls.subject},
       {"subjectalternative", tls.dns_names}});
}

Task<Result<std::string>> choose_address(Probe* probe, AddressChoice choice, std::string host,
                                         Duration* lookup_time) {
  const bool prefers_v4 =
      !choice.preferred_ip_protocol.empty() && choice.preferred_ip_protocol != "ip6";
  const std::string protocol = prefers_v4 ? "ip4" : "ip6";
  probe->set("probe_ip_protocol", 0);
  probe->set("probe_ip_addr_hash", 0);
  probe->set("probe_dns_lookup_time_seconds", 0);
  probe->info("Resolving target address", {{"target", host}, {"ip_protocol", protocol}});
  const SteadyTime start = real_clock().steady();
  const net::AddressFamily family = choice.ip_protocol_fallback ? net::AddressFamily::any
                                    : prefers_v4                ? net::AddressFamily::v4
                                                                : net::AddressFamily::v6;
  auto found = co_await net::lookup_host(probe->blocking, host, family);
  *lookup_time = real_clock().steady() - start;
  probe->set("probe_dns_lookup_time_seconds", seconds(*lookup_time));
  std::string address;
  if (found) address = choose(*found, prefers_v4, choice.ip_protocol_fallback);
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  if (found && error) found = fail("unable to find ip; no fallback");
  if (!found) {
    probe->error("Resolution with IP protocol failed",
                 {{"target", host}, {"ip_protocol", protocol}, {"err", found.error()}});
    co_return std::unexpected(std::move(found).error());
  }
  probe->info("Resolved target address", {{"target", host}, {"ip", address}});
  probe->set("probe_ip_protocol", parsed.is_v4() ? 4 : 6);
  probe->set("probe_ip_addr_hash", address_hash(parsed));
  co_return address;
}

Result<HostPort> split_host_port(std::string_view text) {
  const auto problem = [&](std::string_view why) {
    return fail(fmt::format("address {}: {}", text, why), ErrorKind::invalid);
  };
  const size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return problem("missing ']' in address");
    if (end + 1 != colon) return problem("missing port in address");
    return HostPort{std::string(text.substr(1, end - 1)), std::string(text.substr(colon + 1))};
  }
  if (colon == text.npos) return problem("missing port in address");
  if (text.find(':') != colon) return problem("too many colons in address");
  return HostPort{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace alloy::prometheus::exporter_blackbox
