// prometheus.exporter.blackbox probes endpoints from outside: over HTTP, TCP, DNS, ICMP and gRPC.
#include <mutex>

#include <fmt/format.h>

#include "component/component.h"
#include "components/prometheus/exporter_blackbox/handler.h"
#include "components/prometheus/shared/exporter.h"
#include "net/tls_material.h"
#include "services/identity.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

struct TargetArguments {
  std::string name;
  std::string address;
  std::string module;
  std::map<std::string, std::string> labels;

  static constexpr auto schema() {
    using T = TargetArguments;
    return fields(required<&T::name>("name", "Name of the target; part of its job."),
                  required<&T::address>("address", "What to probe."),
                  optional<&T::module>("module", "How to probe it; http_2xx if it is empty."),
                  optional<&T::labels>("labels", "Labels of the target."));
  }
};

struct Arguments {
  std::string config_file;
  OptionalSecret config;
  std::vector<TargetArguments> target_blocks;
  Duration probe_timeout_offset = 500ms;
  std::vector<std::map<std::string, std::string>> targets;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(optional<&T::config_file>("config_file", "File with the modules, as YAML."),
                  optional<&T::config>("config", "The modules, as YAML."),
                  blocks<&T::target_blocks>("target", "What to probe."),
                  optional<&T::probe_timeout_offset>(
                      "probe_timeout_offset",
                      "How much earlier than its scrape a probe gives up, so that it can say so."),
                  optional<&T::targets>("targets", "What to probe, in place of the blocks."));
  }
  Result<> validate() const;
};

// Either of two labels.
const std::string* address_of(const std::map<std::string, std::string>& target) {
  for (const char* key : {"address", "__address__"})
    if (const auto found = target.find(key); found != target.end()) return &found->second;
  return nullptr;
}

Result<> Arguments::validate() const {
  if (!config_file.empty() && !config.value.empty())
    return fail("config and config_file are mutually exclusive");
  if (config_file.empty() && config.value.empty())
    return fail("config or config_file must be set");
  if (const auto modules = read_modules(config.value); !modules)
    return fail("invalid blackbox_exporter config: " + modules.error().message());
  if (!target_blocks.empty() && !targets.empty())
    return fail("the block `target` and the attribute `targets` are mutually exclusive");
  for (const auto& target : targets) {
    if (!target.contains("name")) return fail("all targets must have a `name`");
    if (address_of(target) == nullptr)
      return fail("all targets must have an `address` or an `__address__` label");
  }
  return {};
}

std::vector<TargetArguments> all_targets(const Arguments& arguments) {
  if (!arguments.target_blocks.empty()) return arguments.target_blocks;
  std::vector<TargetArguments> all;
  for (const auto& labels : arguments.targets) {
    TargetArguments& target = all.emplace_back();
    target.address = *address_of(labels);
    for (const auto& [key, value] : labels) {
      if (key == "name") {
        target.name = value;
      } else if (key == "module") {
        target.module = value;
      } else if (key != "address" && key != "__address__") {
        target.labels[key] = value;
      }
    }
  }
  return all;
}

Target make_target(const Target& base, const TargetArguments& target) {
  const std::string job = fmt::format("{}/{}", base.get("job"), target.name);
  std::vector<Label> labels;
  for (const auto& [name, value] : target.labels) labels.push_back({name, value});
  // Of equal names the last counts.
  for (const Label& label : base.labels()) labels.push_back(label);
  labels.push_back({"job", job});
  labels.push_back({"__param_target", target.address});
  if (!target.module.empty()) labels.push_back({"__param_module", target.module});
  return Target(std::move(labels));
}

// What the handler shares with its component, which may be gone while a request is answered.
struct Shared {
  std::mutex mutex;  // Guards everything below.
  std::shared_ptr<const Prober> prober;
};

Task<net::ServerResponse> serve(std::shared_ptr<Shared> shared, net::ServerRequest request) {
  std::shared_ptr<const Prober> prober;
  {
    const std::lock_guard lock(shared->mutex);
    prober = shared->prober;
  }
  co_return co_await answer(std::move(prober), std::move(request));
}

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  Result<Modules> modules(const Arguments& arguments) const;

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  ComponentHttp::Registration handler_;
  bool is_served_ = false;
};

Result<Modules> Exporter::modules(const Arguments& arguments) const {
  if (arguments.config_file.empty()) return read_modules(arguments.config.value);
  const std::string what = "failed to load blackbox config from file " + arguments.config_file;
  const auto text = net::read_file(arguments.config_file);
  if (!text) return fail(what + ": error reading config file: " + text.error().message());
  auto read = read_modules(*text);
  if (!read) return fail(what + ": error parsing config file: " + read.error().message());
  return read;
}

Result<> Exporter::update(Arguments arguments) {
  auto* http = options().services.find<ComponentHttp>();
  if (http == nullptr) return fail("the program runs without an HTTP server");
  TRY(Modules read, modules(arguments));
  const std::vector<TargetArguments> targets = all_targets(arguments);
  for (const TargetArguments& target : targets)
    if (target.name.empty() || target.address.empty())
      return fail("failed to load blackbox_targets; the `name` and `address` fields are mandatory");
  const auto* identity = options().services.find<Identity>();
  auto prober = std::make_shared<const Prober>(
      Prober{.modules = std::move(read),
             .timeout_offset = arguments.probe_timeout_offset,
             .clients = std::make_shared<Clients>(options().executor.any()),
             .blocking = options().executor.blocking(),
             .user_agent = "Blackbox Exporter/" + (identity ? identity->version : "dev"),
             .logger = logger()});
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->prober = std::move(prober);
  }
  if (!is_served_) {
    handler_ = http->serve(options().global_id(), [shared = shared_](net::ServerRequest request) {
      return serve(shared, std::move(request));
    });
    is_served_ = true;
  }
  const Target base = exporter_target({.component_name = "prometheus.exporter.blackbox",
                                       .job = "integrations/blackbox",
                                       .instance = options().global_id()},
                                      *http, options().global_id());
  std::vector<Target> made;
  for (const TargetArguments& target : targets) made.push_back(make_target(base, target));
  set_exports({.targets = TargetList(std::move(made))});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::exporter_blackbox

namespace alloy {

extern const ComponentType prometheus_exporter_blackbox;
const ComponentType prometheus_exporter_blackbox = {
    .name = "prometheus.exporter.blackbox",
    .doc = "Probes endpoints from outside, over HTTP, TCP, DNS, ICMP and gRPC.",
    .arguments = &schema_of<prometheus::exporter_blackbox::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_blackbox::Exporter>,
};

}  // namespace alloy
