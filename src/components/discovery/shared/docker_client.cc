// Docker's HTTP API.
#include "components/discovery/shared/docker_client.h"

#include "base/text.h"
#include "net/url.h"

namespace alloy::discovery {
namespace {

// The newest version that we know, and the one to begin with where the engine names none.
constexpr std::string_view version_max = "1.51";
constexpr std::string_view version_oldest = "1.24";

bool is_newer(std::string_view left, std::string_view right) {
  const auto number = [](std::string_view version) {
    const size_t dot = version.find('.');
    return std::pair(std::atoi(std::string(version.substr(0, dot)).c_str()),
                     dot == std::string_view::npos
                         ? 0
                         : std::atoi(std::string(version.substr(dot + 1)).c_str()));
  };
  return number(left) > number(right);
}

// {"status":{"running":true}}
std::string filters_json(const std::vector<DockerFilterArguments>& filters) {
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& filter : filters)
    for (const std::string& value : filter.values) all[filter.name].push_back(value);
  std::string json = "{";
  for (const auto& [name, values] : all) {
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
    json += ":{";
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) json += ',';
      append_json_string(json, values[i]);
      json += ":true";
    }
    json += '}';
  }
  return json + "}";
}

}  // namespace

Result<DockerClient> DockerClient::create(const std::string& host, HttpClientArguments arguments,
                                          Duration timeout, const DiscoveryContext& context) {
  TRY(const net::Url url, net::parse_url(host));
  net::HttpClientOptions options = arguments.options(context.user_agent);
  std::string base = host;
  if (url.scheme == "unix") {
    options.unix_socket = url.path;
    base = "http://localhost";
  } else if (url.scheme == "tcp") {
    // An engine that listens with TLS says so by its certificate.
    base = (arguments.tls ? "https://" : "http://") + url.host;
  } else if (url.scheme != "http" && url.scheme != "https") {
    return fail(
        fmt::format("error setting up docker client: unable to parse docker host {}", quote(host)),
        ErrorKind::invalid);
  }
  while (base.ends_with('/')) base.pop_back();
  TRY(auto client, net::HttpClient::create(context.executor.any(), std::move(options)));
  return DockerClient(std::move(base), timeout, std::move(client));
}

Task<Result<>> DockerClient::agree_on_version(StopToken stop) {
  net::Request request{.method = "HEAD", .url = url_ + "/_ping", .timeout = timeout_};
  CO_TRY(const auto response, co_await client_->fetch(std::move(request), std::move(stop)));
  const auto version = response.headers.get("Api-Version");
  version_ = version.empty()                  ? version_oldest
             : is_newer(version, version_max) ? version_max
                                              : version;
  co_return Result<>();
}

Task<Result<JsonDocument>> DockerClient::list(std::string path,
                                              std::vector<DockerFilterArguments> filters,
                                              StopToken stop) {
  if (!version_) CO_TRY(co_await agree_on_version(stop));
  std::string url = fmt::format("{}/v{}{}", url_, *version_, path);
  if (!filters.empty()) url += "?filters=" + net::escape_query(filters_json(filters));
  net::Request request{.url = std::move(url), .timeout = timeout_};
  CO_TRY(const auto response, co_await client_->fetch(std::move(request), std::move(stop)));
  auto document = JsonDocument::parse(response.body);
  if (response.status != 200) {
    const bool is_object = document && document->root().is_object();
    const std::string message(is_object ? document->root()["message"].text() : "");
    co_return fail("Error response from daemon: " +
                   (message.empty() ? response.status_line : message));
  }
  co_return document;
}

NetworkLabels read_networks(JsonNode networks, std::string_view prefix) {
  NetworkLabels all;
  for (const JsonNode& network : networks.elements()) {
    auto& labels = all[std::string(network["Id"].text())];
    const auto add = [&](std::string_view name, std::string_view value) {
      labels.emplace_back(fmt::format("{}network_{}", prefix, name), value);
    };
    add("id", network["Id"].text());
    add("name", network["Name"].text());
    add("scope", network["Scope"].text());
    add("internal", network["Internal"].boolean() ? "true" : "false");
    add("ingress", network["Ingress"].boolean() ? "true" : "false");
    for (const auto& [name, value] : network["Labels"].members())
      add("label_" + sanitize_label_name(name), value.text());
  }
  return all;
}

void put_network(TargetBuilder& builder, const NetworkLabels& networks, std::string_view id) {
  const auto found = networks.find(std::string(id));
  if (found == networks.end()) return;
  for (const auto& [name, value] : found->second) builder.put(name, value);
}

std::string_view without_prefix_length(std::string_view address) {
  return address.substr(0, address.find('/'));
}

}  // namespace alloy::discovery
