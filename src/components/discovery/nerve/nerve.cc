// discovery.nerve makes targets of the services that AirBnB's Nerve keeps in ZooKeeper.
#include "components/discovery/shared/zookeeper.h"
#include "components/shared/json.h"

namespace alloy::discovery::nerve {
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
    if (timeout <= Duration::zero()) return fail("timeout must be greater than 0");
    return {};
  }
};

Result<Target> target_of(std::string_view data, std::string_view path) {
  TRY(const auto document, JsonDocument::parse(data));
  const JsonNode root = document.root();
  if (!root.is_object()) return fail("no member");
  TargetBuilder builder;
  const auto host = root["host"].text();
  const int64_t port = root["port"].integer();
  builder.put_copy("__address__", join_host_port(host, port));
  builder.put("__meta_nerve_path", path);
  builder.put("__meta_nerve_endpoint_host", host);
  builder.put_copy("__meta_nerve_endpoint_port", std::to_string(port));
  builder.put("__meta_nerve_endpoint_name", root["name"].text());
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
}  // namespace alloy::discovery::nerve

namespace alloy {

extern const ComponentType discovery_nerve;
const ComponentType discovery_nerve = {
    .name = "discovery.nerve",
    .doc = "Discovers the services that Nerve keeps in ZooKeeper.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::nerve::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::nerve::Arguments, discovery::nerve::make>>,
};

}  // namespace alloy
