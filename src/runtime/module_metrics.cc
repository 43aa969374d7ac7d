#include "runtime/module_metrics.h"

namespace alloy::runtime {
namespace {

MetricLabels labels_of(std::string_view module_id) {
  const size_t slash = module_id.rfind('/');
  const std::string_view parent =
      slash == std::string_view::npos ? std::string_view() : module_id.substr(0, slash);
  return {{"controller_id", std::string(module_id.substr(parent.empty() ? 0 : slash + 1))},
          {"controller_path", fmt::format("/{}", parent)}};
}

std::vector<double> buckets() { return {.005, .025, .1, .5, 1, 5, 10, 30, 60, 120, 300, 600}; }

}  // namespace

ModuleMetrics::ModuleMetrics(std::string_view module_id)
    : labels_(labels_of(module_id)),
      registry_(labels_),
      evaluating(registry_.gauge("alloy_component_controller_evaluating",
                                 "Tracks if the controller is currently in the middle of a graph "
                                 "evaluation")),
      queue_size(registry_.gauge("alloy_component_evaluation_queue_size",
                                 "Tracks the number of components waiting to be evaluated in the "
                                 "worker pool")),
      evaluation_seconds(registry_.histogram("alloy_component_evaluation_seconds",
                                             "Time spent performing component evaluation",
                                             buckets())),
      dependencies_wait_seconds(registry_.histogram(
          "alloy_component_dependencies_wait_seconds",
          "Time spent by components waiting to be evaluated after their dependency is updated.",
          buckets())) {}

void ModuleMetrics::add_slow(const std::string& component_id, double seconds) {
  registry_
      .counter("alloy_component_evaluation_slow_seconds",
               "Number of seconds spent evaluating components that take longer than 1 minute to "
               "evaluate",
               {{"component_id", component_id}})
      .add(seconds);
}

void ModuleMetrics::collect(const Structure& structure, MetricSink& out) const {
  registry_.collect(out);
  std::map<std::string_view, double> by_health;
  for (const auto& member : structure.members)
    if (member.node->is_started()) ++by_health[name_of(member.node->health().state)];
  for (const auto& [health, count] : by_health) {
    const MetricLabel own[] = {{"health_type", std::string(health)}};
    out.add({.name = "alloy_component_controller_running_components",
             .help = "Total number of running components.",
             .constant = labels_,
             .own = own,
             .value = count});
  }
  for (uint32_t i = 0; i < structure.members.size(); ++i) {
    if (!structure.members[i].node->is_component()) continue;
    for (const uint32_t other : structure.graph.dependencies(i)) {
      if (!structure.members[other].node->is_component()) continue;
      const MetricLabel own[] = {{"from", structure.members[i].node->id()},
                                 {"to", structure.members[other].node->id()}};
      out.add({.name = "alloy_component_graph_connection",
               .help = "Connections between components in the graph.",
               .constant = labels_,
               .own = own,
               .value = 1});
    }
  }
}

}  // namespace alloy::runtime
