// prometheus.exporter.self exposes the program's own metrics to other components.
#include "component/component.h"
#include "components/prometheus/shared/exporter.h"
#include "services/self_metrics.h"

namespace alloy::prometheus::exporter_self {
namespace {

struct Arguments {
  static constexpr auto schema() { return fields(); }
};

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  ComponentHttp::Registration handler_;
};

Task<net::ServerResponse> show(const SelfMetrics* metrics) {
  net::ServerResponse response;
  response.headers.set("Content-Type",
                       "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  response.body = write_exposition(metrics->collect());
  response.compress = true;
  co_return response;
}

Result<> Exporter::update(Arguments) {
  auto* http = options().services.find<ComponentHttp>();
  const auto* metrics = options().services.find<SelfMetrics>();
  if (http == nullptr || metrics == nullptr) return fail("the program runs without an HTTP server");
  handler_ =
      http->serve(options().global_id(), [metrics](net::ServerRequest) { return show(metrics); });
  set_exports({.targets = TargetList({exporter_target({.component_name = "prometheus.exporter.self",
                                                       .job = "integrations/self",
                                                       .instance = host_name()},
                                                      *http, options().global_id())})});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::exporter_self

namespace alloy {

extern const ComponentType prometheus_exporter_self;
const ComponentType prometheus_exporter_self = {
    .name = "prometheus.exporter.self",
    .doc = "Exposes the metrics of the program itself.",
    .arguments = &schema_of<prometheus::exporter_self::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_self::Exporter>,
};

}  // namespace alloy
