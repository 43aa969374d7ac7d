// --cluster.discover-peers: where to ask for the nodes of the cluster, as "provider=x key=value
// ...".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/executor.h"
#include "base/task.h"

namespace alloy::app {

using PeerDiscoveryArguments = std::map<std::string, std::string, std::less<>>;

// Keys and values with blanks, quotes, backslashes or equal signs are quoted. Errors name the key.
Result<PeerDiscoveryArguments> parse_peer_discovery(std::string_view text);

// Refuses the providers that exist but that we don't have; what is simply wrong is reported when
// nodes are looked for.
Result<void> check_peer_discovery(std::string_view text);

// Gives "ip", "ip:port" or "host:port" of each node.
std::function<Task<Result<std::vector<std::string>>>()> peer_discovery(Executor& executor,
                                                                       std::string text);

// The addresses in a list of pods (JSON of the API server): of those that run and are ready; with a
// port if an annotation names one.
Result<std::vector<std::string>> pod_addresses(std::string_view pods, bool host_network);

}  // namespace alloy::app
