#include "components/prometheus/shared/exporter.h"

#include <unistd.h>

namespace alloy::prometheus {

Target exporter_target(const ExporterTarget& exporter, const ComponentHttp& http,
                       std::string_view global_id) {
  const std::string path = http.path_of(global_id) + "metrics";
  return Target({{"__address__", http.memory_address()},
                 {"__meta_component_id", global_id},
                 {"__meta_component_name", exporter.component_name},
                 {"__metrics_path__", path},
                 {"__scheme__", "http"},
                 {"instance", exporter.instance},
                 {"job", exporter.job}});
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

}  // namespace alloy::prometheus
