#include "convert/prometheus/prometheus.h"

#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "convert/prometheus/remote_write.h"
#include "convert/prometheus/scrape.h"
#include "convert/source_fields.h"
#include "syntax/literal.h"

namespace alloy::convert::prometheus {
namespace {

constexpr std::string_view root_fields[] = {"global",
                                            "runtime",
                                            "alerting",
                                            "rule_files",
                                            "scrape_config_files",
                                            "scrape_configs",
                                            "storage",
                                            "tracing",
                                            "remote_write",
                                            "remote_read",
                                            "otlp"};

constexpr std::string_view global_fields[] = {"scrape_interval",
                                              "scrape_timeout",
                                              "scrape_protocols",
                                              "evaluation_interval",
                                              "rule_query_offset",
                                              "query_log_file",
                                              "scrape_failure_log_file",
                                              "external_labels",
                                              "body_size_limit",
                                              "sample_limit",
                                              "target_limit",
                                              "label_limit",
                                              "label_name_length_limit",
                                              "label_value_length_limit",
                                              "keep_dropped_targets",
                                              "metric_name_validation_scheme",
                                              "metric_name_escaping_scheme",
                                              "scrape_native_histograms",
                                              "extra_scrape_metrics",
                                              "convert_classic_histograms_to_nhcb",
                                              "always_scrape_classic_histograms"};

bool is_given(const YamlNode* node) {
  return node != nullptr && (node->is_scalar() || !node->items.empty() || !node->members.empty());
}

// What there is no component for.
void check(const YamlNode& root, const YamlNode& global, Diagnostics& diagnostics) {
  if (auto interval = parse_any_duration(global.text_of("evaluation_interval"));
      interval && *interval != 1min) {
    diagnostics.add_unsupported("global evaluation_interval config");
  }
  if (!global.text_of("query_log_file").empty())
    diagnostics.add_unsupported("global query_log_file config");
  if (is_given(root.find("alerting"))) diagnostics.add_unsupported("alerting config");
  if (is_given(root.find("rule_files"))) diagnostics.add_unsupported("rule_files config");
  if (const YamlNode* scrapes = root.find("scrape_configs")) {
    for (const YamlNode& scrape : scrapes->items) check_scrape(scrape, diagnostics);
  }
  if (is_given(root.find("storage"))) diagnostics.add_unsupported("storage config");
  if (is_given(root.find("tracing"))) diagnostics.add_unsupported("tracing config");
  check_remote_writes(root.find("remote_write"), diagnostics);
  if (is_given(root.find("remote_read"))) diagnostics.add_unsupported("remote_read config");
  // Files with more scrape configs would be missed.
  if (is_given(root.find("scrape_config_files")))
    diagnostics.add_unsupported("scrape_config_files config");
  for (std::string_view name : {"runtime", "otlp"})
    if (is_given(root.find(name))) diagnostics.add_ignored(name);
  for (std::string_view name :
       {"rule_query_offset", "keep_dropped_targets", "metric_name_validation_scheme",
        "metric_name_escaping_scheme", "scrape_native_histograms", "extra_scrape_metrics"}) {
    if (global.find(name) != nullptr) diagnostics.add_ignored(fmt::format("global {}", name));
  }
}

class Converter {
 public:
  explicit Converter(Catalogue catalogue) : catalogue_(catalogue) {}

  Conversion convert(const YamlNode& root) {
    const YamlNode none;
    const YamlNode* given = root.find("global");
    const YamlNode& global = given == nullptr ? none : *given;
    reader_.check_names(root, "config.plain", root_fields);
    reader_.check_names(global, "config.plain", global_fields);
    check_times(global);
    convert_remote_write(root.find("remote_write"), global);
    std::set<std::string_view> jobs;
    for (const YamlNode& scrape :
         reader_.items(root.find("scrape_configs"), "*config.ScrapeConfig"))
      convert_scrape_config(scrape, global, jobs);
    Conversion result;
    if (auto right = reader_.result(); !right) {
      result.diagnostics.add(
          Severity::critical,
          fmt::format("failed to parse Prometheus config: {}", right.error().message()));
      return result;
    }
    check(root, global, result.diagnostics);
    blocks_.describe(result.diagnostics);
    finish(std::move(blocks_).in_order(), catalogue_, result);
    return result;
  }

 private:
  void check_times(const YamlNode& global) {
    const std::string_view interval_text = global.text_of("scrape_interval");
    auto interval = parse_any_duration(interval_text.empty() ? "1m" : interval_text);
    if (!interval) return reader_.refuse(interval.error().message());
    if (global.text_of("scrape_timeout").empty()) return;
    auto timeout = parse_any_duration(global.text_of("scrape_timeout"));
    if (!timeout) return reader_.refuse(timeout.error().message());
    if (*timeout > *interval) reader_.refuse("global scrape timeout greater than scrape interval");
  }

  void convert_remote_write(const YamlNode* configs, const YamlNode& global) {
    if (!is_given(configs)) return;
    blocks_.remote_writes.push_back(
        convert_remote_writes(configs, global, "default", catalogue_, reader_));
    std::vector<std::string> names;
    std::set<std::string_view> known;
    for (const YamlNode& config : configs->items) {
      names.emplace_back(config.text_of("name"));
      if (!names.back().empty() && !known.insert(config.text_of("name")).second)
        reader_.refuse(fmt::format("found multiple remote write configs with job name {}",
                                   quote(names.back())));
    }
    blocks_.remote_write_summary =
        fmt::format("Converted {} remote_write[s] {} into...", names.size(),
                    quote(fmt::format("{}", fmt::join(names, ","))));
  }

  void convert_scrape_config(const YamlNode& config, const YamlNode& global,
                             std::set<std::string_view>& jobs) {
    const std::string_view job = config.text_of("job_name");
    if (job.empty()) reader_.refuse("job_name is empty");
    if (!jobs.insert(job).second)
      reader_.refuse(fmt::format("found multiple scrape configs with job name {}", quote(job)));
    convert_scrape({.config = config,
                    .global = global,
                    .label = syntax::sanitize_identifier(job),
                    .receiver = "prometheus.remote_write.default.receiver",
                    .catalogue = catalogue_},
                   reader_, blocks_);
  }

  Catalogue catalogue_;
  SourceReader reader_;
  Blocks blocks_;
};

}  // namespace

Conversion convert(const Input& input) {
  if (auto refused = refuse_extra_arguments(input, "prometheus")) return *std::move(refused);
  auto root = read_yaml(input.text);
  if (!root) {
    Conversion result;
    result.diagnostics.add(Severity::critical, fmt::format("failed to parse Prometheus config: {}",
                                                           root.error().message()));
    return result;
  }
  return Converter(input.catalogue).convert(*root);
}

}  // namespace alloy::convert::prometheus
