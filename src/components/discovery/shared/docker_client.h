// What the discoveries of Docker's containers and Swarm's tasks have in common.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "components/discovery/shared/discovery.h"
#include "components/shared/docker_engine.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery {

struct DockerFilterArguments {
  std::string name;
  std::vector<std::string> values;

  static constexpr auto schema() {
    using T = DockerFilterArguments;
    return fields(required<&T::name>("name", "What to filter by."),
                  required<&T::values>("values", "The values to keep."));
  }
};

class DockerClient {
 public:
  // `host` is a URL: unix:///path, tcp://host:port, http://…, https://….
  static Result<DockerClient> create(const std::string& host, HttpClientArguments arguments,
                                     Duration timeout, const DiscoveryContext& context);

  // What a list of the API says; errors are those of the engine.
  Task<Result<JsonDocument>> list(std::string path, std::vector<DockerFilterArguments> filters,
                                  StopToken stop);

 private:
  explicit DockerClient(DockerEngine engine) : engine_(std::move(engine)) {}

  DockerEngine engine_;
};

// The labels that a network gives to what is in it, by the network's id.
using NetworkLabels = std::map<std::string, std::vector<std::pair<std::string, std::string>>>;
// `prefix` is "__meta_docker_" or "__meta_dockerswarm_".
NetworkLabels read_networks(JsonNode networks, std::string_view prefix);
void put_network(TargetBuilder& builder, const NetworkLabels& networks, std::string_view id);

// The address of "10.0.0.1/24".
std::string_view without_prefix_length(std::string_view address);

}  // namespace alloy::discovery
