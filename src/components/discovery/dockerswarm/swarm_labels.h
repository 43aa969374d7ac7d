// The labels of what runs on a Docker Swarm.
#pragma once

#include "components/discovery/shared/docker_client.h"

namespace alloy::discovery::dockerswarm {

// What a role makes of the engine's answers. Where an answer is no good, an error.
Result<std::vector<Target>> node_targets(JsonNode nodes, int port);
Result<std::vector<Target>> service_targets(JsonNode services, const NetworkLabels& networks,
                                            int port);
struct TaskSources {
  JsonNode tasks;
  JsonNode services;
  JsonNode nodes;
  const NetworkLabels& networks;
};
Result<std::vector<Target>> task_targets(const TaskSources& sources, int port);

}  // namespace alloy::discovery::dockerswarm
