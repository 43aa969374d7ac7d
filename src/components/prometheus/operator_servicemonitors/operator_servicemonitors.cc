// prometheus.operator.servicemonitors scrapes what the ServiceMonitor resources of a Kubernetes
// cluster ask for.
#include "components/prometheus/shared/operator/operator.h"

namespace alloy::prometheus::operator_servicemonitors {
namespace {

struct Arguments {
  operators::OperatorArguments common;
  bool allow_arbitrary_file_access = false;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(inlined<&A::common>(),
                  optional<&A::allow_arbitrary_file_access>(
                      "allow_arbitrary_file_access",
                      "Whether resources may name files that Alloy reads, such as tokens."));
  }
  Result<> validate() const { return common.validate(); }
};

class ServiceMonitors final : public ComponentWith<Arguments> {
 public:
  explicit ServiceMonitors(Options options)
      : ComponentWith(std::move(options)),
        operator_(operators::service_monitors, this->options()) {}

  Result<> update(Arguments arguments) override {
    return operator_.update(std::move(arguments.common), arguments.allow_arbitrary_file_access);
  }
  Task<> run(StopToken stop) override { return operator_.run(std::move(stop)); }
  std::optional<Described> debug_info() const override { return described(operator_.info()); }

 private:
  operators::Operator operator_;
};

}  // namespace
}  // namespace alloy::prometheus::operator_servicemonitors

namespace alloy {

extern const ComponentType prometheus_operator_servicemonitors;
const ComponentType prometheus_operator_servicemonitors = {
    .name = "prometheus.operator.servicemonitors",
    .doc = "Scrapes what the ServiceMonitor resources of a Kubernetes cluster ask for.",
    .supports_live_debugging = true,
    .arguments = &schema_of<prometheus::operator_servicemonitors::Arguments>,
    .create = create<prometheus::operator_servicemonitors::ServiceMonitors>,
};

}  // namespace alloy
