#include "convert/promtail/promtail.h"

#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "convert/promtail/clients.h"
#include "convert/promtail/scrape.h"

namespace alloy::convert::promtail {
namespace {

constexpr std::string_view root_fields[] = {
    "global",        "server",        "client",  "clients", "positions", "scrape_configs",
    "target_config", "limits_config", "options", "tracing", "wal"};
constexpr std::string_view default_positions = "/var/log/positions.yaml";

// An empty map for what is not there.
const YamlNode& part(const YamlNode& root, std::string_view name) {
  static const YamlNode none;
  const YamlNode* found = root.find(name);
  return found == nullptr ? none : *found;
}

bool is_true(const YamlNode& node, std::string_view name) { return node.text_of(name) == "true"; }

void check_server(const YamlNode& server, Diagnostics& diagnostics) {
  if (is_true(server, "profiling_enabled")) {
    diagnostics.add(Severity::warning,
                    "server.profiling_enabled is not supported - use Alloy's main HTTP server's "
                    "profiling endpoints instead");
  }
  if (server.text_of("register_instrumentation") != "false") {
    diagnostics.add(Severity::warning,
                    "Alloy's metrics are different from the metrics emitted by Promtail. If you "
                    "rely on Promtail's metrics, you must change your configuration, for example, "
                    "your alerts and dashboards.");
  }
  if (const auto level = server.text_of("log_level"); !level.empty() && level != "info") {
    diagnostics.add(Severity::warning,
                    "The converter does not support converting the provided server.log_level "
                    "config: The equivalent feature in Alloy is to use the logging config block to "
                    "set the level argument.");
  }
  if (!server.text_of("http_path_prefix").empty())
    diagnostics.add(Severity::error, "server.http_path_prefix is not supported");
  if (server.text_of("health_check_target") == "false") {
    diagnostics.add(Severity::warning,
                    "server.health_check_target disabling is not supported in Alloy");
  }
}

void check(const YamlNode& root, Diagnostics& diagnostics) {
  if (is_true(part(root, "wal"), "enabled"))
    diagnostics.add(Severity::error, "Promtail's WAL is currently not supported in Alloy");
  if (is_true(part(root, "limits_config"), "readline_rate_enabled")) {
    diagnostics.add(Severity::warning,
                    "limits_config rate limiting settings (readline_rate, readline_burst, "
                    "readline_rate_drop) have been converted to stage.limit stages in each "
                    "loki.process component. Unlike Promtail's global rate limiter, these limits "
                    "apply independently per pipeline rather than across all pipelines combined.");
  }
  if (part(root, "tracing").text_of("enabled") != "false") {
    diagnostics.add(Severity::warning,
                    "If you have a tracing set up for Promtail, it cannot be migrated to Alloy "
                    "automatically. Refer to the documentation on how to configure tracing in "
                    "Alloy.");
  }
  if (is_true(part(root, "target_config"), "stdin")) {
    diagnostics.add(Severity::error,
                    "reading targets from stdin is not supported in Alloy configuration file");
  }
  check_server(part(root, "server"), diagnostics);
  for (std::string_view name : {"sync_period", "ignore_invalid_yaml"}) {
    if (part(root, "positions").find(name) != nullptr)
      diagnostics.add_ignored(fmt::format("positions.{}", name));
  }
  if (!part(root, "options").members.empty()) diagnostics.add_ignored("options");
}

class Converter {
 public:
  explicit Converter(Catalogue catalogue) : catalogue_(catalogue) {}

  Conversion convert(const YamlNode& root) {
    Conversion result;
    reader_.check_names(root, "promtailconvert.Config", root_fields);
    check(root, result.diagnostics);
    std::vector<Component> clients = convert_clients(root);
    const Shared shared = read_shared(root, clients);
    std::vector<Component> components;
    std::set<std::string_view> jobs;
    for (const YamlNode& scrape :
         reader_.items(root.find("scrape_configs"), "scrapeconfig.Config")) {
      const std::string_view job = scrape.text_of("job_name");
      if (!jobs.insert(job).second)
        reader_.refuse(fmt::format("found multiple scrape configs with job name {}", quote(job)));
      convert_scrape(scrape, shared, reader_, result.diagnostics, components);
    }
    if (auto right = reader_.result(); !right) {
      result.diagnostics = {};
      result.diagnostics.add(Severity::critical, fmt::format("failed to parse Promtail config: {}",
                                                             right.error().message()));
      return result;
    }
    for (Component& client : clients) components.push_back(std::move(client));
    finish(std::move(components), catalogue_, result);
    return result;
  }

 private:
  std::vector<Component> convert_clients(const YamlNode& root) {
    std::vector<YamlNode> configs;
    for (const YamlNode& client : reader_.items(root.find("clients"), "client.Config"))
      configs.push_back(client);
    // The older way to have one.
    if (const YamlNode& single = part(root, "client"); !single.text_of("url").empty())
      configs.push_back(single);
    const std::string_view streams = part(root, "limits_config").text_of("max_streams");
    std::vector<Component> components;
    for (const YamlNode& config : configs) {
      components.push_back(convert_client(config, numbered_label("default", components.size()),
                                          catalogue_, reader_));
      if (!streams.empty())
        components.back().arguments.set("max_streams", Value::string(std::string(streams)));
    }
    return components;
  }

  Shared read_shared(const YamlNode& root, const std::vector<Component>& clients) {
    Shared shared{.limits = part(root, "limits_config"), .catalogue = catalogue_};
    for (const Component& client : clients) shared.receivers.push_back(client.id() + ".receiver");
    const std::string_view positions = part(root, "positions").text_of("filename");
    shared.positions_file = positions.empty() ? default_positions : positions;
    shared.sync_period = part(root, "target_config").text_of("sync_period");
    const YamlNode& watch = part(part(root, "global"), "file_watch_config");
    for (std::string_view name : {"min_poll_frequency", "max_poll_frequency"}) {
      if (const auto given = watch.text_of(name); !given.empty())
        shared.file_watch.set(name, Value::string(std::string(given)));
    }
    return shared;
  }

  Catalogue catalogue_;
  SourceReader reader_;
};

}  // namespace

Conversion convert(const Input& input) {
  if (auto refused = refuse_extra_arguments(input, "promtail")) return *std::move(refused);
  auto root = read_yaml(input.text);
  if (!root) {
    Conversion result;
    result.diagnostics.add(Severity::critical, fmt::format("failed to parse Promtail config: {}",
                                                           root.error().message()));
    return result;
  }
  return Converter(input.catalogue).convert(*root);
}

}  // namespace alloy::convert::promtail
