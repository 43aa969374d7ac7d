// prometheus.exporter.unix exposes what the kernel says of the machine, under the names that
// node_exporter made common.
#include "base/log.h"
#include "component/component.h"
#include "components/prometheus/exporter_unix/arguments.h"
#include "components/prometheus/exporter_unix/node.h"
#include "components/prometheus/shared/exporter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  MetricsServer server_;
};

Result<> Exporter::update(Arguments arguments) {
  auto created = Node::create(std::move(arguments), logger(), clock());
  if (!created) {
    return std::unexpected(
        std::move(created).error().with_context("failed to create node_exporter"));
  }
  const std::shared_ptr<Node> node = *std::move(created);
  auto build = write_exposition(build_info(options().services, "node_exporter"));
  auto collect = [node, build = std::move(build)]() -> Result<std::string> {
    return node->collect() + build;
  };
  TRY(auto targets, server_.serve(options(),
                                  {.component_name = "prometheus.exporter.unix",
                                   .job = "integrations/unix",
                                   .instance = host_name(),
                                   .is_of_host = true},
                                  std::move(collect)));
  set_exports({.targets = std::move(targets)});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix

namespace alloy {

extern const ComponentType prometheus_exporter_unix;
const ComponentType prometheus_exporter_unix = {
    .name = "prometheus.exporter.unix",
    .doc = "Exposes what the kernel says of the machine: CPUs, memory, disks, network and more.",
    .arguments = &schema_of<prometheus::exporter_unix::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_unix::Exporter>,
};

}  // namespace alloy
