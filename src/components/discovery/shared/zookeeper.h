// A discoverer that follows trees of nodes in ZooKeeper: each node whose data says where something
// listens becomes a target.
#pragma once

#include "components/discovery/shared/discovery.h"

namespace alloy::discovery {

struct ZookeeperOptions {
  std::vector<std::string> servers;  // host:port; the port may be left out.
  std::vector<std::string> paths;
  Duration timeout = 10s;  // Of the session.
  // The target of a node's data; fails where the data is none.
  Result<Target> (*make_target)(std::string_view data, std::string_view path) = nullptr;
};

std::unique_ptr<Discoverer> make_zookeeper(ZookeeperOptions options,
                                           const DiscoveryContext& context);

}  // namespace alloy::discovery
