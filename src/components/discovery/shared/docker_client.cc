#include "components/discovery/shared/docker_client.h"

#include "base/text.h"
#include "net/url.h"

namespace alloy::discovery {
namespace {

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
  auto engine =
      DockerEngine::create(host, arguments, timeout, context.user_agent, context.executor.any());
  if (!engine)
    return std::unexpected(
        std::move(engine).error().with_context("error setting up docker client"));
  return DockerClient(*std::move(engine));
}

Task<Result<JsonDocument>> DockerClient::list(std::string path,
                                              std::vector<DockerFilterArguments> filters,
                                              StopToken stop) {
  if (!filters.empty()) path += "?filters=" + net::escape_query(filters_json(filters));
  co_return co_await engine_.get(std::move(path), std::move(stop));
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
