// The JSON API below <ui>/api/v0/web/ that the UI is made of: components, modules and peers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "component/directory.h"
#include "services/http_router.h"

namespace alloy {

// A member of the cluster; without clustering this process alone.
struct Peer {
  std::string name;
  std::string address;
  bool is_self = false;
  std::string state;  // "viewer", "participant" or "terminating".
};

// The JSON of all components of the root module, and of the peers.
std::string components_json(const ComponentDirectory* directory);
std::string peers_json(const std::vector<Peer>& peers);

struct WebApi {
  // Null as long as there are none.
  std::function<const ComponentDirectory*()> components;
  // Those of the remote configuration. Their ids begin with "remotecfg/", which may be left out for
  // components that are in no module.
  std::function<const ComponentDirectory*()> remote_components;
  std::function<std::vector<Peer>()> peers;

  // Adds the endpoints below `base` ("/ui", "" for the root).
  void add_routes(HttpRouter& router, const std::string& base) const;
};

}  // namespace alloy
