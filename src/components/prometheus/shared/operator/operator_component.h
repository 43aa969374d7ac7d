// The components prometheus.operator.* whose arguments are the common ones.
#pragma once

#include "components/prometheus/shared/operator/operator.h"

namespace alloy::prometheus::operators {

class OperatorComponent : public ComponentWith<OperatorArguments> {
 public:
  OperatorComponent(const MonitorKind& kind, Options options)
      : ComponentWith(std::move(options)), operator_(kind, this->options()) {}

  Result<> update(OperatorArguments arguments) override {
    return operator_.update(std::move(arguments), false);
  }
  Task<> run(StopToken stop) override { return operator_.run(std::move(stop)); }
  std::optional<Described> debug_info() const override { return described(operator_.info()); }

 private:
  Operator operator_;
};

}  // namespace alloy::prometheus::operators
