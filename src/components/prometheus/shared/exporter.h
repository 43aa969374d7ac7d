// What the exporters inside the program have in common: a target that points to the exporter's own
// handler, and the handler that writes its metrics.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
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
  bool is_of_host = false;  // Each machine's is another one, so that nodes can't share them.
};
Target exporter_target(const ExporterTarget& exporter, const ComponentHttp& http,
                       std::string_view global_id);

// Serves one exporter's metrics for as long as it lives.
class MetricsServer {
 public:
  // The metrics as Prometheus text. Called for every scrape, on a thread that may block.
  using Collect = std::function<Result<std::string>()>;

  // The same for those that ask somebody over the network. `stop` is asked when nobody waits any
  // more.
  using CollectLater = std::function<Task<Result<std::string>>(StopToken stop)>;

  // From now on it is this that is served. Fails where the program runs without an HTTP server.
  Result<TargetList> serve(const Options& options, const ExporterTarget& exporter, Collect collect);
  Result<TargetList> serve_later(const Options& options, const ExporterTarget& exporter,
                                 CollectLater collect);

 private:
  std::shared_ptr<struct ServedMetrics> served_;
  ComponentHttp::Registration handler_;
};

// "<program>_build_info", which dashboards find exporters by; nothing if the program doesn't say.
MetricFamilies build_info(const Services& services, std::string_view program);

// The machine's name, which many exporters use as their instance.
std::string host_name();

}  // namespace alloy::prometheus
