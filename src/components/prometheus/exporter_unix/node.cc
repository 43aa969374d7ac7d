#include "components/prometheus/exporter_unix/node.h"

#include <fmt/format.h>

#include "components/prometheus/exporter_unix/collectors.h"

namespace alloy::prometheus::exporter_unix {

Result<std::shared_ptr<Node>> Node::create(Arguments arguments, const Logger& logger,
                                           Clock& clock) {
  const auto types = choose_collectors(arguments, logger);
  CollectorOptions options{.paths = {.proc = arguments.procfs_path,
                                     .sys = arguments.sysfs_path,
                                     .root = arguments.rootfs_path,
                                     .udev = arguments.udev_data_path},
                           .arguments = {},
                           .logger = logger,
                           .clock = clock};
  TRY(check_paths(types, options.paths));
  for (const CollectorType* type : types) options.has_cpufreq |= type->name == "cpufreq";
  auto node = std::shared_ptr<Node>(new Node(logger, clock));
  node->counts_scrapes_ = arguments.include_exporter_metrics;
  options.arguments = std::move(arguments);
  logger.info("Enabled node_exporter collectors");
  for (const CollectorType* type : types) {
    logger.info("collector", {{"name", type->name}});
    options.logger = logger.with({{"collector", std::string(type->name)}});
    auto collector = type->create(options);
    if (!collector) {
      return std::unexpected(
          std::move(collector).error().with_context(fmt::format("collector {}", type->name)));
    }
    node->entries_.push_back({type->name, *std::move(collector), {}});
  }
  return node;
}

std::string Node::collect() {
  const std::lock_guard lock(mutex_);
  Metrics metrics;
  for (Entry& entry : entries_) run(entry, metrics);
  std::string text = metrics.write();
  conflicts_ += static_cast<double>(metrics.conflict_count());
  tell_conflicts(metrics);
  ++scrapes_;
  Metrics own;
  add_own_metrics(own);
  return text + own.write();
}

void Node::run(Entry& entry, Metrics& out) {
  const SteadyTime start = clock_.steady();
  const Result<> result = entry.collector->collect(out);
  const double seconds = std::chrono::duration<double>(clock_.steady() - start).count();
  std::string error;
  if (result) {
    logger_.debug("collector succeeded", {{"name", entry.name}, {"duration_seconds", seconds}});
  } else if (is_no_data(result.error())) {
    logger_.debug("collector returned no data",
                  {{"name", entry.name}, {"duration_seconds", seconds}, {"err", result.error()}});
  } else {
    error = result.error().message();
    const auto level = error == entry.last_error ? LogLevel::debug : LogLevel::error;
    logger_.log(level, "collector failed",
                {{"name", entry.name}, {"duration_seconds", seconds}, {"err", error}});
  }
  entry.last_error = std::move(error);
  out.gauge("node_scrape_collector_duration_seconds",
            "node_exporter: Duration of a collector scrape.", {{"collector", entry.name}}, seconds);
  out.gauge("node_scrape_collector_success", "node_exporter: Whether a collector succeeded.",
            {{"collector", entry.name}}, result ? 1 : 0);
}

void Node::add_own_metrics(Metrics& out) const {
  constexpr std::string_view errors_help =
      "Total number of internal errors encountered by the promhttp metric handler.";
  out.counter("promhttp_metric_handler_errors_total", errors_help, {{"cause", "encoding"}}, 0);
  out.counter("promhttp_metric_handler_errors_total", errors_help, {{"cause", "gathering"}},
              conflicts_);
  if (!counts_scrapes_) return;
  constexpr std::string_view requests_help = "Total number of scrapes by HTTP status code.";
  for (const std::string_view code : {"500", "503"}) {
    out.counter("promhttp_metric_handler_requests_total", requests_help, {{"code", code}}, 0);
  }
  // The scrape that is being answered is not done yet.
  out.counter("promhttp_metric_handler_requests_total", requests_help, {{"code", "200"}},
              scrapes_ - 1);
  out.gauge("promhttp_metric_handler_requests_in_flight", "Current number of scrapes being served.",
            {}, 1);
}

void Node::tell_conflicts(const Metrics& metrics) {
  if (metrics.conflicts().empty()) {
    last_conflict_.clear();
    return;
  }
  const auto level =
      metrics.conflicts().front() == last_conflict_ ? LogLevel::debug : LogLevel::error;
  for (const std::string& conflict : metrics.conflicts()) {
    logger_.log(level, "error gathering metrics", {{"err", conflict}});
  }
  last_conflict_ = metrics.conflicts().front();
}

}  // namespace alloy::prometheus::exporter_unix
