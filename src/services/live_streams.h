// The two streams behind the UI's live debugging: what passes through one component, and how much
// flows along the edges of a module's graph.
#pragma once

#include <functional>
#include <string>

#include "component/directory.h"
#include "services/http_router.h"
#include "services/live_debugging.h"

namespace alloy {

struct LiveStreams {
  LiveDebugging& debugging;
  std::function<const ComponentDirectory*()> components;
  // Those of the remote configuration; their ids begin with "remotecfg".
  std::function<const ComponentDirectory*()> remote_components;
  // Ends every stream: they would hold up the server's end otherwise, which waits for its answers.
  StopToken closing;

  // Adds debug/<id>, graph and graph/<module> below `api`, which ends with a slash.
  void add_routes(HttpRouter& router, const std::string& api) const;
};

}  // namespace alloy
