// discovery.serverset makes targets of the members of server sets in ZooKeeper.
#include "components/discovery/shared/zookeeper.h"
#include "components/shared/json.h"

namespace alloy::discovery::serverset {
namespace {

struct Arguments {
  std::vector<std::string> servers;
  std::vector<std::string> paths;
  Duration timeout = 10s;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::servers>("servers", "ZooKeeper servers, of which any is used."),
                  required<&T::paths>("paths", "Paths of the trees to follow."),
                  optional<&T::timeout>("timeout", "Timeout of the session."));
  }
  Result<> validate() const {
    if (servers.empty())
      return fail("discovery.serverset config must contain at least one Zookeeper server");
    if (paths.empty()) return fail("discovery.serverset config must contain at least one path");
    for (const std::string& path : paths)
      if (!path.starts_with('/'))
        return fail("discovery.serverset config paths must begin with '/': " + path);
    return {};
  }
};

Result<Target> target_of(std::string_view data, std::string_view path) {
  TRY(const auto document, JsonDocument::parse(data));
  const JsonNode root = document.root();
  if (!root.is_object()) return fail("no member");
  TargetBuilder builder;
  const auto put_endpoint = [&](JsonNode endpoint, const std::string& suffix) {
    builder.put_copy("__meta_serverset_endpoint_host" + suffix, endpoint["host"].text());
    builder.put_copy("__meta_serverset_endpoint_port" + suffix,
                     std::to_string(endpoint["port"].integer()));
  };
  const JsonNode service = root["serviceEndpoint"];
  builder.put_copy("__address__",
                   join_host_port(service["host"].text(), service["port"].integer()));
  builder.put("__meta_serverset_path", path);
  put_endpoint(service, "");
  for (const auto& [name, endpoint] : root["additionalEndpoints"].members())
    put_endpoint(endpoint, "_" + sanitize_label_name(name));
  builder.put("__meta_serverset_status", root["status"].text());
  builder.put_copy("__meta_serverset_shard", std::to_string(root["shard"].integer()));
  Target target = builder.build();
  TRY(document.check());
  return target;
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  return make_zookeeper({.servers = std::move(arguments.servers),
                         .paths = std::move(arguments.paths),
                         .timeout = arguments.timeout,
                         .make_target = &target_of},
                        context);
}

}  // namespace
}  // namespace alloy::discovery::serverset

namespace alloy {

extern const ComponentType discovery_serverset;
const ComponentType discovery_serverset = {
    .name = "discovery.serverset",
    .doc = "Discovers the members of server sets in ZooKeeper.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::serverset::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::serverset::Arguments, discovery::serverset::make>>,
};

}  // namespace alloy
