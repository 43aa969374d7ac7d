// prometheus.operator.probes scrapes what the Probe resources of a Kubernetes cluster ask for.
#include "components/prometheus/shared/operator/operator_component.h"

namespace alloy::prometheus::operator_probes {
namespace {

class Probes final : public operators::OperatorComponent {
 public:
  explicit Probes(Options options) : OperatorComponent(operators::probes, std::move(options)) {}
};

}  // namespace
}  // namespace alloy::prometheus::operator_probes

namespace alloy {

extern const ComponentType prometheus_operator_probes;
const ComponentType prometheus_operator_probes = {
    .name = "prometheus.operator.probes",
    .doc = "Scrapes what the Probe resources of a Kubernetes cluster ask for.",
    .supports_live_debugging = true,
    .arguments = &schema_of<prometheus::operators::OperatorArguments>,
    .create = create<prometheus::operator_probes::Probes>,
};

}  // namespace alloy
