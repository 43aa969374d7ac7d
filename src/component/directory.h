// What may be known about the running components: the read-only view that the HTTP API, the UI and
// the health endpoint have of the runtime.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "component/health.h"

namespace alloy {

struct ComponentInfo {
  std::string name;       // "prometheus.scrape"
  std::string local_id;   // "prometheus.scrape.a"
  std::string module_id;  // Of the module it is in; empty at the root.
  std::string label;      // "a"; empty if it has none.
  Health health;
  // Local ids of the same module.
  std::vector<std::string> references_to;
  std::vector<std::string> referenced_by;
  std::vector<std::string> data_flow_edges_to;
  // Ids of the modules it contains.
  std::vector<std::string> created_module_ids;
  // Whether its kind can show the data that passes through it.
  bool supports_live_debugging = false;

  // Only for a single component: JSON arrays of attributes and blocks, as schema/json.h writes
  // them.
  std::string arguments = "[]";
  std::string exports = "[]";
  std::string debug_info = "[]";

  std::string global_id() const {
    return module_id.empty() ? local_id : module_id + "/" + local_id;
  }
};

// Every function may be called from any thread.
class ComponentDirectory {
 public:
  virtual ~ComponentDirectory() = default;

  // The components of a module, without arguments, exports and debug info. Fails with not_found,
  // "module not found", for a module that does not exist; the root's id is empty.
  virtual Result<std::vector<ComponentInfo>> list_components(std::string_view module_id) const = 0;
  // Everything about the component with this global id.
  virtual std::optional<ComponentInfo> find_component(std::string_view global_id) const = 0;
  // Whether there is one.
  virtual bool has_component(std::string_view global_id) const = 0;
};

}  // namespace alloy
