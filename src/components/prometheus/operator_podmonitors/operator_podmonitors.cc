// prometheus.operator.podmonitors scrapes what the PodMonitor resources of a Kubernetes cluster ask
// for.
#include "components/prometheus/shared/operator/operator_component.h"

namespace alloy::prometheus::operator_podmonitors {
namespace {

class PodMonitors final : public operators::OperatorComponent {
 public:
  explicit PodMonitors(Options options)
      : OperatorComponent(operators::pod_monitors, std::move(options)) {}
};

}  // namespace
}  // namespace alloy::prometheus::operator_podmonitors

namespace alloy {

extern const ComponentType prometheus_operator_podmonitors;
const ComponentType prometheus_operator_podmonitors = {
    .name = "prometheus.operator.podmonitors",
    .doc = "Scrapes what the PodMonitor resources of a Kubernetes cluster ask for.",
    .supports_live_debugging = true,
    .arguments = &schema_of<prometheus::operators::OperatorArguments>,
    .create = create<prometheus::operator_podmonitors::PodMonitors>,
};

}  // namespace alloy
