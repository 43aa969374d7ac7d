#include "components/shared/kubernetes/reconciler.h"

#include <algorithm>

namespace alloy::kubernetes {
namespace {

constexpr Duration retry_min = 1s;
constexpr Duration retry_max = 10s;
// So many failures in a row are told as one event that failed; it is tried again all the same.
constexpr int tries_max = 6;

}  // namespace

Reconciler::Reconciler(const alloy::Options& options, std::string metrics_prefix)
    : options_(options), metrics_prefix_(std::move(metrics_prefix)) {}

void Reconciler::count(std::string_view what, std::string_view help, std::string_view type) {
  options_.metrics
      .counter(fmt::format("{}_{}_total", metrics_prefix_, what), std::string(help),
               {{"type", std::string(type)}})
      .add();
}

bool Reconciler::is_listed(ObjectWatch& cluster) {
  if (cluster.is_complete()) return true;
  if (!cluster.take_failure().empty())
    options_.host.set_health(HealthState::unhealthy, cluster.missing());
  return false;
}

void Reconciler::fail_event(const Error& error, std::string_view type, int tries) {
  if (error.kind() == ErrorKind::invalid || tries % tries_max == 0) {
    count("events_failed",
          "Total number of events that failed to be processed, even after retries, partitioned by "
          "event type.",
          type);
  }
  count("events_retried", "Total number of retries across all events, partitioned by event type.",
        type);
  options_.logger.error("failed to process event, will retry", {{"err", error}});
  options_.host.set_health(HealthState::unhealthy, error.message());
}

Task<> Reconciler::run(ReconcilerSettings settings, Step step, StopToken stop) {
  const auto fits = [](const LabelSelector& selector) {
    return [selector](const ClusterObject& object) { return selector.matches(object.meta.labels); };
  };
  ObjectWatch cluster(settings.cluster,
                      {{&namespace_type,
                        "",
                        {.label = settings.namespaces.text(), .field = {}},
                        fits(settings.namespaces)},
                       {settings.type,
                        "",
                        {.label = settings.resources.text(), .field = {}},
                        fits(settings.resources)}},
                      options_.clock, options_.logger);
  TaskGroup tasks(options_.strand, TaskGroup::Strands::shared);
  tasks.spawn(cluster.run(stop));
  SteadyTime next_interval = options_.clock.steady();
  Duration retry = retry_min;
  Duration pause = settings.interval;
  int tries = 0;
  while (co_await cluster.next(stop, pause)) {
    pause = settings.interval;
    if (!is_listed(cluster)) continue;
    const Reason reason =
        options_.clock.steady() >= next_interval ? Reason::interval : Reason::change;
    const std::string_view type = reason == Reason::interval ? "sync-mimir" : "resource-changed";
    count("events", "Total number of events processed, partitioned by event type.", type);
    const auto result = co_await step(&cluster, reason, stop);
    if (stop.stop_requested()) break;
    if (result) {
      if (reason == Reason::interval) next_interval = options_.clock.steady() + settings.interval;
      pause = std::max(next_interval - options_.clock.steady(), retry_min);
      retry = retry_min;
      tries = 0;
      options_.host.set_health(HealthState::healthy, "");
      continue;
    }
    fail_event(result.error(), type, ++tries);
    next_interval = options_.clock.steady();
    pause = std::min(retry, settings.interval);
    retry = std::min(retry * 2, retry_max);
  }
  co_await tasks.join();
}

}  // namespace alloy::kubernetes
