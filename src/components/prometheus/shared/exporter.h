// What the exporters inside the program have in common: a target that points to the exporter's own
// handler, and the handler that writes its metrics.
#pragma once

#include <string>
#include <string_view>

#include "component/component.h"
#include "services/component_http.h"
#include "signals/targets.h"

namespace alloy::prometheus {

struct ExporterExports {
  TargetList targets;

  static constexpr auto schema() {
    return fields(required<&ExporterExports::targets>(
        "targets", "The targets that can be used to collect the exporter's metrics."));
  }
};

// The target of an exporter: in-process, under the name the real program gives it.
struct ExporterTarget {
  std::string component_name;  // "prometheus.exporter.self"
  std::string job;             // "integrations/self"
  std::string instance;
};
Target exporter_target(const ExporterTarget& exporter, const ComponentHttp& http,
                       std::string_view global_id);

// The machine's name, which many exporters use as their instance.
std::string host_name();

}  // namespace alloy::prometheus
