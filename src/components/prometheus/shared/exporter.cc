#include "components/prometheus/shared/exporter.h"

#include <algorithm>
#include <mutex>
#include <unistd.h>

#include "base/executor.h"
#include "services/cluster.h"
#include "services/self_metrics.h"

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

// What the handler shares with its component, which may be gone while a request is answered.
struct ServedMetrics {
  std::mutex mutex;  // Guards everything below.
  MetricsServer::CollectLater collect;
};

namespace {

Task<Result<std::string>> run_elsewhere(AnyExecutor blocking, MetricsServer::Collect collect) {
  co_return co_await run_blocking(std::move(blocking), std::move(collect));
}

Task<net::ServerResponse> show(std::shared_ptr<ServedMetrics> served, StopToken stop) {
  MetricsServer::CollectLater collect;
  {
    const std::lock_guard lock(served->mutex);
    collect = served->collect;
  }
  auto text = co_await collect(std::move(stop));
  if (!text) co_return net::text_response(500, text.error().message() + "\n");
  net::ServerResponse response;
  response.headers.set("Content-Type",
                       "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  response.body = *std::move(text);
  response.compress = true;
  co_return response;
}

// The nodes of a cluster divide targets that are the same everywhere.
void warn_if_clustered(const Options& options) {
  const auto* cluster = options.services.find<Cluster>();
  if (cluster == nullptr) return;
  const auto view = cluster->view();
  const bool is_alone = std::ranges::all_of(
      view->ring.names(), [&](const std::string& name) { return name == view->self; });
  if (view->is_ready && is_alone) return;
  options.logger.warn(
      "detected clustering is configured while using a host-specific exporter - please make sure "
      "your configuration is correct",
      {{"exporter", options.id},
       {"details",
        "this exporter's target has the name of the host as its instance, so every node has "
        "another "
        "one, and no node may scrape its own: give it the same instance everywhere, or scrape it "
        "without clustering"}});
}

}  // namespace

Result<TargetList> MetricsServer::serve(const Options& options, const ExporterTarget& exporter,
                                        Collect collect) {
  return serve_later(options, exporter,
                     [blocking = options.executor.blocking(), collect](StopToken) {
                       return run_elsewhere(blocking, collect);
                     });
}

Result<TargetList> MetricsServer::serve_later(const Options& options,
                                              const ExporterTarget& exporter,
                                              CollectLater collect) {
  auto* http = options.services.find<ComponentHttp>();
  if (http == nullptr) return fail("the program runs without an HTTP server");
  const bool is_first = served_ == nullptr;
  if (is_first) served_ = std::make_shared<ServedMetrics>();
  {
    const std::lock_guard lock(served_->mutex);
    served_->collect = std::move(collect);
  }
  if (is_first) {
    if (exporter.is_of_host) warn_if_clustered(options);
    handler_ = http->serve(options.global_id(), [served = served_](net::ServerRequest request) {
      return show(served, request.stop);
    });
  }
  return TargetList({exporter_target(exporter, *http, options.global_id())});
}

MetricFamilies build_info(const Services& services, std::string_view program) {
  const auto* metrics = services.find<SelfMetrics>();
  if (metrics == nullptr) return {};
  MetricFamilies all = metrics->collect();
  const auto found = all.find("alloy_build_info");
  if (found == all.end()) return {};
  MetricFamily family = std::move(found->second);
  family.name = std::string(program) + "_build_info";
  for (MetricSample& sample : family.samples) sample.name = family.name;
  return {{family.name, std::move(family)}};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

}  // namespace alloy::prometheus
