#include "convert/prometheus/scrape.h"

#include <fmt/format.h>

#include "base/text.h"
#include "convert/http_client.h"
#include "convert/prometheus/service_discovery.h"
#include "schema/fields.h"

namespace alloy::convert::prometheus {
namespace {

constexpr std::string_view default_interval = "1m";
constexpr std::string_view default_timeout = "10s";

// Limits and formats that a scrape config takes from `global` if it doesn't say otherwise.
constexpr std::string_view inherited[] = {"body_size_limit",
                                          "sample_limit",
                                          "target_limit",
                                          "label_limit",
                                          "label_name_length_limit",
                                          "label_value_length_limit",
                                          "scrape_failure_log_file",
                                          "scrape_protocols",
                                          "always_scrape_classic_histograms",
                                          "convert_classic_histograms_to_nhcb"};

// Fields that our scrapes have no use for.
constexpr std::string_view not_converted[] = {"metric_name_validation_scheme",
                                              "metric_name_escaping_scheme",
                                              "scrape_native_histograms", "extra_scrape_metrics"};

std::vector<Rename> scrape_renames(const YamlNode& config) {
  std::vector<Rename> renames = {{"always_scrape_classic_histograms", "scrape_classic_histograms"},
                                 {"fallback_scrape_protocol", "scrape_fallback_protocol"},
                                 {"relabel_configs", ""},
                                 {"metric_relabel_configs", ""},
                                 {"keep_dropped_targets", ""},
                                 http_headers_elsewhere};
  for (std::string_view name : not_converted) renames.push_back({name, ""});
  for (const YamlMember& member : config.members) {
    if (is_service_discovery(member.key)) renames.push_back({member.key, ""});
  }
  return renames;
}

// As given by the scrape config, by `global`, or by nobody.
std::string_view setting(const ScrapeInput& input, std::string_view name,
                         std::string_view otherwise) {
  if (auto text = input.config.text_of(name); !text.empty()) return text;
  if (auto text = input.global.text_of(name); !text.empty()) return text;
  return otherwise;
}

// A time-out that nobody chose for the scrape is never longer than its interval.
void set_times(const ScrapeInput& input, std::string_view job, SourceReader& reader,
               Draft& arguments) {
  auto interval = parse_any_duration(setting(input, "scrape_interval", default_interval));
  auto timeout = parse_any_duration(setting(input, "scrape_timeout", default_timeout));
  if (!interval) return reader.refuse(interval.error().message());
  if (!timeout) return reader.refuse(timeout.error().message());
  if (*timeout > *interval) {
    if (!input.config.text_of("scrape_timeout").empty()) {
      return reader.refuse(
          fmt::format("scrape timeout greater than scrape interval for scrape config with job "
                      "name {}",
                      quote(job)));
    }
    timeout = *interval;
  }
  arguments.set("scrape_interval", duration_value(*interval));
  arguments.set("scrape_timeout", duration_value(*timeout));
}

void inherit(const ScrapeInput& input, const SourceMap& source, SourceReader& reader,
             Draft& arguments) {
  for (const YamlMember& member : input.global.members) {
    if (std::ranges::find(inherited, member.key) == std::end(inherited)) continue;
    if (input.config.find(member.key) != nullptr) continue;
    YamlNode only;
    only.kind = YamlNode::Kind::map;
    only.members.push_back(member);
    reader.read(only, source, arguments);
  }
}

// The targets, rewritten by relabel_configs if there are any.
Expression convert_targets(const ScrapeInput& input, SourceReader& reader, Blocks& blocks) {
  TargetList targets;
  convert_service_discovery({input.config, input.label, input.catalogue}, reader,
                            blocks.discoveries, targets);
  for (const std::string& target : static_targets(input.config.find("static_configs"), reader))
    targets.add(fmt::format("[{}]", target));
  const YamlNode* rules = input.config.find("relabel_configs");
  const Schema* schema = find_arguments(input.catalogue, "discovery.relabel");
  if (rules == nullptr || rules->items.empty() || schema == nullptr) return targets.expression();
  Component relabel{"discovery.relabel", {}};
  relabel.arguments.label = input.label;
  relabel.arguments.set("targets", targets.expression());
  add_relabel_rules(rules, "rule", *schema, reader, relabel.arguments);
  blocks.relabelled_targets.push_back(std::move(relabel));
  return {blocks.relabelled_targets.back().id() + ".output"};
}

// Where the metrics go: through metric_relabel_configs if there are any.
Expression convert_metric_rules(const ScrapeInput& input, SourceReader& reader, Blocks& blocks) {
  const YamlNode* rules = input.config.find("metric_relabel_configs");
  const Schema* schema = find_arguments(input.catalogue, "prometheus.relabel");
  const Expression receiver{fmt::format("[{}]", input.receiver)};
  if (rules == nullptr || rules->items.empty() || schema == nullptr) return receiver;
  Component relabel{"prometheus.relabel", {}};
  relabel.arguments.label = input.label;
  relabel.arguments.set("forward_to", receiver);
  add_relabel_rules(rules, "rule", *schema, reader, relabel.arguments);
  blocks.relabelled_metrics.push_back(std::move(relabel));
  return {fmt::format("[{}.receiver]", blocks.relabelled_metrics.back().id())};
}

void append_made(std::string& detail, const Component& component) {
  if (!detail.empty()) detail += '\n';
  fmt::format_to(std::back_inserter(detail), "\tA {} component", component.id());
}

}  // namespace

void Blocks::describe(Diagnostics& diagnostics) const {
  for (const auto& [scrape, summary] : scrapes) {
    std::string detail;
    append_made(detail, scrape);
    for (const auto* list : {&discoveries, &relabelled_targets, &relabelled_metrics}) {
      for (const Component& component : *list) {
        if (component.arguments.label.starts_with(scrape.arguments.label))
          append_made(detail, component);
      }
    }
    diagnostics.add(Severity::info, summary, detail);
  }
  for (const Component& component : remote_writes) {
    std::string detail;
    append_made(detail, component);
    diagnostics.add(Severity::info, remote_write_summary, detail);
  }
}

std::vector<Component> Blocks::in_order() && {
  std::vector<Component> all = std::move(discoveries);
  const auto append = [&](std::vector<Component>& list) {
    for (Component& component : list) all.push_back(std::move(component));
  };
  append(relabelled_targets);
  for (Scrape& scrape : scrapes) all.push_back(std::move(scrape.component));
  append(relabelled_metrics);
  append(remote_writes);
  return all;
}

void convert_scrape(const ScrapeInput& input, SourceReader& reader, Blocks& blocks) {
  const Schema* schema = find_arguments(input.catalogue, "prometheus.scrape");
  if (schema == nullptr) return reader.refuse("this program has no prometheus.scrape");
  const std::string_view job = input.config.text_of("job_name");
  Component scrape{"prometheus.scrape", {}};
  Draft& arguments = scrape.arguments;
  arguments.label = input.label;
  const std::vector<Rename> renames = scrape_renames(input.config);
  const SourceMap source{"config.plain", schema, renames};
  reader.read(input.config, source, arguments);
  inherit(input, source, reader, arguments);
  settle_http_client(input.config, reader, arguments);
  set_times(input, job, reader, arguments);
  arguments.set("forward_to", convert_metric_rules(input, reader, blocks));
  arguments.set("targets", convert_targets(input, reader, blocks));
  blocks.scrapes.push_back(
      {std::move(scrape), fmt::format("Converted scrape_configs job_name {} into...", quote(job))});
}

void check_scrape(const YamlNode& config, Diagnostics& diagnostics) {
  const auto check = [&](std::string_view name, std::string_view usual) {
    const YamlNode* given = config.find(name);
    if (given != nullptr && given->text != usual)
      diagnostics.add_unsupported(fmt::format("scrape_configs {} config", name));
  };
  check("track_timestamps_staleness", "false");
  check("native_histogram_bucket_limit", "0");
  check("keep_dropped_targets", "0");
  for (std::string_view name : not_converted) {
    if (config.find(name) != nullptr)
      diagnostics.add_ignored(fmt::format("scrape_configs {}", name));
  }
  check_http_client(config, diagnostics);
  check_service_discovery(config, diagnostics);
}

}  // namespace alloy::convert::prometheus
