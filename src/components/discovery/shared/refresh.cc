// Asking at an interval.
#include "components/discovery/shared/refresh.h"

namespace alloy::discovery {

RefreshDiscoverer::RefreshDiscoverer(std::string mechanism, Duration interval,
                                     const DiscoveryContext& context)
    : mechanism_(std::move(mechanism)),
      interval_(interval),
      context_(context),
      failures_(context.metrics.counter("prometheus_sd_refresh_failures_total",
                                        "Number of refresh failures for the given SD mechanism.",
                                        {{"config", ""}, {"mechanism", mechanism_}})),
      durations_(context.summaries.get(
          "prometheus_sd_refresh_duration_seconds",
          "The duration of a refresh in seconds for the given SD mechanism.")),
      duration_histogram_(
          context.metrics.histogram("prometheus_sd_refresh_duration_histogram_seconds",
                                    "The duration of a refresh for the given SD mechanism.",
                                    {0.01, 0.1, 1, 10}, {{"mechanism", mechanism_}})) {
  durations_.add({{"config", ""}, {"mechanism", mechanism_}});
}

Task<> RefreshDiscoverer::run(TargetSink& sink, StopToken stop) {
  while (!stop.stop_requested()) {
    const SteadyTime started = context_.clock.steady();
    co_await look(sink, stop);
    // From start to start; a look that took longer than that is followed at once.
    if (stop.stop_requested()) break;
    co_await context_.clock.sleep_until(
        std::max(started + interval_, context_.clock.steady() + 1ms), stop);
  }
}

Task<> RefreshDiscoverer::look(TargetSink& sink, StopToken stop) {
  const SteadyTime started = context_.clock.steady();
  auto groups = co_await refresh(stop);
  if (stop.stop_requested()) co_return;
  const Duration duration = context_.clock.steady() - started;
  durations_.observe(duration, {{"config", ""}, {"mechanism", mechanism_}});
  duration_histogram_.observe(std::chrono::duration<double>(duration).count());
  if (!groups) {
    failures_.add();
    context_.logger.error("Unable to refresh target groups", {{"err", groups.error()}});
    sink.report(std::unexpected(std::move(groups).error()));
    co_return;
  }
  sink.replace(*std::move(groups));
  sink.report({});
}

Result<> validate_refresh_interval(Duration interval) {
  if (interval <= Duration::zero()) return fail("refresh_interval must be greater than 0");
  return {};
}

std::vector<TargetGroup> single_group(std::string source, std::vector<Target> targets) {
  std::vector<TargetGroup> groups;
  groups.push_back({std::move(source), std::move(targets)});
  return groups;
}

}  // namespace alloy::discovery
