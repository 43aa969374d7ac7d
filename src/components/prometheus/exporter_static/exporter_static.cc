// prometheus.exporter.static exposes metrics that stand in the configuration.
#include "component/component.h"
#include "components/prometheus/exporter_static/metric_text.h"
#include "components/prometheus/shared/exporter.h"

namespace alloy::prometheus::exporter_static {
namespace {

struct Arguments {
  std::string text;

  static constexpr auto schema() {
    return fields(required<&Arguments::text>("text", "Metrics in the Prometheus text format."));
  }
  Result<> validate() const {
    if (auto tidy = tidy_metric_text(text); !tidy) {
      return std::unexpected(std::move(tidy).error().with_context("failed to parse prom text"));
    }
    return {};
  }
};

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  MetricsServer server_;
};

Result<> Exporter::update(Arguments arguments) {
  TRY(std::string text, tidy_metric_text(arguments.text));
  TRY(auto targets, server_.serve(options(),
                                  {.component_name = "prometheus.exporter.static",
                                   .job = "integrations/static",
                                   .instance = options().global_id()},
                                  [text] { return Result<std::string>(text); }));
  set_exports({.targets = std::move(targets)});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::exporter_static

namespace alloy {

extern const ComponentType prometheus_exporter_static;
const ComponentType prometheus_exporter_static = {
    .name = "prometheus.exporter.static",
    .doc = "Exposes metrics that are written in the configuration.",
    .stability = Stability::experimental,
    .arguments = &schema_of<prometheus::exporter_static::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_static::Exporter>,
};

}  // namespace alloy
