// prometheus.operator.scrapeconfigs scrapes what the ScrapeConfig resources of a Kubernetes cluster
// ask for.
#include "components/prometheus/shared/operator/operator_component.h"

namespace alloy::prometheus::operator_scrapeconfigs {
namespace {

class ScrapeConfigs final : public operators::OperatorComponent {
 public:
  explicit ScrapeConfigs(Options options)
      : OperatorComponent(operators::scrape_configs, std::move(options)) {}
};

}  // namespace
}  // namespace alloy::prometheus::operator_scrapeconfigs

namespace alloy {

extern const ComponentType prometheus_operator_scrapeconfigs;
const ComponentType prometheus_operator_scrapeconfigs = {
    .name = "prometheus.operator.scrapeconfigs",
    .doc = "Scrapes what the ScrapeConfig resources of a Kubernetes cluster ask for.",
    .stability = Stability::experimental,
    .supports_live_debugging = true,
    .arguments = &schema_of<prometheus::operators::OperatorArguments>,
    .create = create<prometheus::operator_scrapeconfigs::ScrapeConfigs>,
};

}  // namespace alloy
