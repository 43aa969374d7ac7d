#include "app/peer_discovery.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include "components/shared/json.h"
#include "components/shared/kubernetes/connection.h"
#include "net/dns.h"
#include "net/http_client.h"
#include "net/url_escape.h"

namespace alloy::app {
namespace {

using Addresses = std::vector<std::string>;

// Providers that need an account somewhere, or more than a request.
constexpr std::array<std::string_view, 14> absent_providers = {
    "aliyun", "aws",    "azure",    "digitalocean", "gce",    "linode",  "mdns",
    "os",     "packet", "scaleway", "softlayer",    "triton", "vsphere", "tencentcloud"};
constexpr std::string_view port_annotation = "consul.hashicorp.com/auto-join-port";
constexpr Duration request_timeout = 10s;

// One key or value at the start of the text, which it is cut off.
Result<std::string> take_word(std::string_view& text) {
  std::string word;
  if (!text.starts_with('"')) {
    const size_t end = std::min(text.find_first_of("= "), text.size());
    word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return word;
    }
    if (text[i] == '\\' && ++i == text.size()) return fail("unterminated escape sequence");
    word += text[i];
  }
  return fail("unbalanced quotes");
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::string_view find(const PeerDiscoveryArguments& arguments, std::string_view key) {
  const auto at = arguments.find(key);
  return at == arguments.end() ? std::string_view() : at->second;
}

Result<bool> parse_boolean(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  for (const std::string_view word : {"", "0", "f", "F", "FALSE", "false", "False"})
    if (text == word) return false;
  return fail(
      fmt::format("discover-k8s: host_network must be boolean value: "
                  "strconv.ParseBool: parsing \"{}\": invalid syntax",
                  text));
}

Result<kubernetes::Connection> kubernetes_connection(std::string_view path) {
  const char* home = std::getenv("HOME");
  const std::string file =
      path.empty() ? std::string(home == nullptr ? "" : home) + "/.kube/config" : std::string(path);
  auto configured = kubernetes::connection_from_kubeconfig(file);
  if (configured) return configured;
  auto inside = kubernetes::connection_in_cluster();
  if (inside) return inside;
  return fail(
      fmt::format("2 errors occurred:\n\t* discover-k8s: error loading kubeconfig: {}\n\t* "
                  "discover-k8s: error loading in-cluster config: {}\n\n",
                  configured.error().message(), inside.error().message()));
}

Task<Result<Addresses>> discover_pods(AnyExecutor executor, PeerDiscoveryArguments arguments) {
  CO_TRY(const bool host_network, parse_boolean(find(arguments, "host_network")));
  CO_TRY(auto connection, kubernetes_connection(find(arguments, "kubeconfig")));
  CO_TRY(const auto client, net::HttpClient::create(executor, std::move(connection.client)));
  const std::string_view name_space = find(arguments, "namespace");
  net::Request request;
  request.url =
      fmt::format("{}/api/v1/namespaces/{}/pods?labelSelector={}&fieldSelector={}", connection.url,
                  name_space.empty() ? "default" : name_space,
                  net::escape_url_part(find(arguments, "label_selector"), net::UrlPart::query),
                  net::escape_url_part(find(arguments, "field_selector"), net::UrlPart::query));
  request.timeout = request_timeout;
  const auto answer = co_await client->fetch(std::move(request), StopToken{});
  if (!answer) co_return fail("discover-k8s: error listing pods: " + answer.error().message());
  if (!answer->is_success())
    co_return fail("discover-k8s: error listing pods: " + answer->status_line);
  co_return pod_addresses(answer->body, host_network);
}

Task<Result<Addresses>> discover_service(AnyExecutor blocking, PeerDiscoveryArguments arguments) {
  const std::string_view proto = find(arguments, "proto");
  const std::string_view service = find(arguments, "service");
  const std::string_view domain = find(arguments, "domain");
  if (service.empty() || domain.empty())
    co_return fail("discover-srv: service or domain is required");
  CO_TRY(const auto records,
         co_await net::lookup_srv(
             blocking, fmt::format("_{}._{}.{}", service, proto.empty() ? "tcp" : proto, domain)));
  Addresses found;
  for (const net::SrvRecord& record : records)
    found.push_back(fmt::format("{}:{}", record.target, record.port));
  co_return found;
}

struct Discovery {
  AnyExecutor executor;
  AnyExecutor blocking;
  std::string text;

  static Task<Result<Addresses>> run(Discovery self) {
    auto found = co_await find_nodes(std::move(self));
    if (!found) co_return fail("discovering peers: " + found.error().message());
    co_return found;
  }

  static Task<Result<Addresses>> find_nodes(Discovery self) {
    auto arguments = parse_peer_discovery(self.text);
    if (!arguments) co_return fail("discover: " + arguments.error().message());
    const std::string provider(find(*arguments, "provider"));
    if (provider.empty()) co_return fail("discover: no provider");
    if (provider == "k8s") co_return co_await discover_pods(self.executor, *std::move(arguments));
    if (provider == "srv")
      co_return co_await discover_service(self.blocking, *std::move(arguments));
    co_return fail("discover: unknown provider " + provider);
  }
};

// The port that an annotation names: of a container's port by that name, or itself a number.
std::optional<int64_t> pod_port(const JsonNode& pod, std::string_view name, bool host_network) {
  for (const JsonNode container : pod["spec"]["containers"].elements()) {
    for (const JsonNode port : container["ports"].elements()) {
      if (port["name"].text() != name) continue;
      const int64_t number = port[host_network ? "hostPort" : "containerPort"].integer();
      if (number != 0) return number;
    }
  }
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

bool is_ready(const JsonNode& pod) {
  if (pod["status"]["phase"].text() != "Running") return false;
  for (const JsonNode condition : pod["status"]["conditions"].elements())
    if (condition["type"].text() == "Ready" && condition["status"].text() != "True") return false;
  return true;
}

}  // namespace

Result<PeerDiscoveryArguments> parse_peer_discovery(std::string_view text) {
  PeerDiscoveryArguments arguments;
  for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
    TRY(const std::string key, take_word(text));
    if (arguments.contains(key)) return fail(key + ": duplicate key");
    skip_blanks(text);
    if (!text.starts_with('=')) return fail(key + ": missing '='");
    text.remove_prefix(1);
    skip_blanks(text);
    if (text.empty() || text.starts_with('=')) return fail(key + ": missing value");
    auto value = take_word(text);
    if (!value) return fail(key + ": " + value.error().message());
    arguments.emplace(key, *std::move(value));
  }
  return arguments;
}

Result<void> check_peer_discovery(std::string_view text) {
  const auto arguments = parse_peer_discovery(text);
  if (!arguments) return {};
  const std::string_view provider = find(*arguments, "provider");
  if (std::ranges::find(absent_providers, provider) == absent_providers.end()) return {};
  return fail(fmt::format("--cluster.discover-peers: provider {} is not supported", provider),
              ErrorKind::invalid);
}

std::function<Task<Result<Addresses>>()> peer_discovery(Executor& executor, std::string text) {
  return [discovery = Discovery{executor.any(), executor.blocking(), std::move(text)}] {
    return Discovery::run(discovery);
  };
}

Result<Addresses> pod_addresses(std::string_view pods, bool host_network) {
  TRY(const auto document, JsonDocument::parse(pods));
  Addresses found;
  for (const JsonNode pod : document.root()["items"].elements()) {
    const std::string_view ip = pod["status"][host_network ? "hostIP" : "podIP"].text();
    if (!is_ready(pod) || ip.empty()) continue;
    const std::string_view annotation = pod["metadata"]["annotations"][port_annotation].text();
    if (annotation.empty()) {
      found.emplace_back(ip);
    } else if (const auto port = pod_port(pod, annotation, host_network)) {
      found.push_back(ip.find(':') == std::string_view::npos ? fmt::format("{}:{}", ip, *port)
                                                             : fmt::format("[{}]:{}", ip, *port));
    }
  }
  TRY(document.check());
  return found;
}

}  // namespace alloy::app
