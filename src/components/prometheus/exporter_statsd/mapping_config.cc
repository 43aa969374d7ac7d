// Reads the mapping configuration.
#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/metrics.h"
#include "components/prometheus/exporter_statsd/mapping.h"
#include "components/prometheus/shared/yaml_document.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

constexpr int64_t age_buckets_max = 1000;

struct SummaryFields {
  std::optional<Objectives> objectives;
  Duration age_max{};
  int64_t age_buckets = 0;
  int64_t buffer_max = 0;
};

struct HistogramFields {
  std::vector<double> buckets;
};

// What stands in a mapping or in the defaults.
struct Fields {
  Mapping mapping;
  std::string match_type;
  bool has_summary = false;
  bool has_histogram = false;
  SummaryFields summary;
  HistogramFields histogram;
};

void read_objectives(const YamlNode& node, YamlErrors& errors, std::optional<Objectives>& out) {
  if (node.kind != YamlNode::Kind::sequence) return;
  for (const auto& item : node.items) {
    YamlMapping fields(*item, "mapper.MetricObjective", errors);
    double quantile = 0;
    double error = 0;
    fields.read("quantile", quantile);
    fields.read("error", error);
    if (!out) out.emplace();
    out->insert_or_assign(quantile, error);
    if (!(quantile >= 0 && quantile <= 1)) errors.refuse("quantiles must be from 0 to 1");
  }
}

void read_summary(const YamlNode& node, YamlErrors& errors, SummaryFields& summary) {
  YamlMapping fields(node, "mapper.SummaryOptions", errors);
  if (const YamlNode* quantiles = fields.find("quantiles"))
    read_objectives(*quantiles, errors, summary.objectives);
  fields.read("max_age", summary.age_max);
  fields.read("age_buckets", summary.age_buckets);
  fields.read("buf_cap", summary.buffer_max);
}

void read_histogram(const YamlNode& node, YamlErrors& errors, HistogramFields& histogram) {
  YamlMapping fields(node, "mapper.HistogramOptions", errors);
  fields.read("buckets", histogram.buckets);
}

void read_observer(YamlMapping& fields, std::string_view key, ObserverKind& out) {
  std::string text;
  if (!fields.read(key, text) || text.empty()) return;
  if (text == "histogram") {
    out = ObserverKind::histogram;
  } else if (text == "summary") {
    out = ObserverKind::summary;
  } else {
    fields.errors().refuse(fmt::format("invalid observer type '{}'", text));
  }
}

void read_match_type(YamlMapping& fields, std::string& out) {
  fields.read("match_type", out);
  if (!out.empty() && out != "glob" && out != "regex")
    fields.errors().refuse(fmt::format("invalid match type \"{}\"", out));
}

// Options of observers, also under the names they had at first.
void read_options(YamlMapping& fields, Fields& out) {
  YamlErrors& errors = fields.errors();
  if (const YamlNode* node = fields.find("summary_options")) {
    out.has_summary = node->kind == YamlNode::Kind::mapping;
    read_summary(*node, errors, out.summary);
  }
  if (const YamlNode* node = fields.find("histogram_options")) {
    out.has_histogram = node->kind == YamlNode::Kind::mapping;
    read_histogram(*node, errors, out.histogram);
  }
  const YamlNode* quantiles = fields.find("quantiles");
  if (quantiles != nullptr && out.summary.objectives)
    errors.refuse(
        "cannot use quantiles in both the top level and summary options at the same time "
        "in " +
        out.mapping.match);
  if (quantiles != nullptr) read_objectives(*quantiles, errors, out.summary.objectives);
  const bool has_buckets = !out.histogram.buckets.empty();
  if (fields.read("buckets", out.histogram.buckets) && has_buckets)
    errors.refuse(
        "cannot use buckets in both the top level and histogram options at the same time "
        "in " +
        out.mapping.match);
}

Fields read_mapping(const YamlNode& node, YamlErrors& errors) {
  YamlMapping fields(node, "mapper.MetricMapping", errors);
  Fields out;
  Mapping& mapping = out.mapping;
  fields.read("match", mapping.match);
  fields.read("name", mapping.name);
  std::map<std::string, std::string> labels;
  fields.read("labels", labels);
  mapping.labels.assign(labels.begin(), labels.end());
  fields.read("honor_labels", mapping.honor_labels);
  read_observer(fields, "timer_type", mapping.observer);  // Its name at first.
  read_observer(fields, "observer_type", mapping.observer);
  read_match_type(fields, out.match_type);
  fields.read("help", mapping.help);
  std::string action;
  fields.read("action", action);
  mapping.is_dropped = action == "drop";
  if (!action.empty() && action != "map" && action != "drop")
    errors.refuse(fmt::format("invalid action type \"{}\"", action));
  std::string type;
  if (fields.read("match_metric_type", type)) {
    if (type == "counter") mapping.event_type = EventType::counter;
    if (type == "gauge") mapping.event_type = EventType::gauge;
    if (type == "observer" || type == "timer") mapping.event_type = EventType::observer;
    if (!mapping.event_type) errors.refuse(fmt::format("invalid metric type '{}'", type));
  }
  fields.read("ttl", mapping.ttl);
  double scale = 0;
  const YamlNode* scale_node = fields.find("scale");
  if (scale_node != nullptr && scale_node->kind == YamlNode::Kind::scalar) {
    read_yaml(*scale_node, errors, scale);
    mapping.scale = scale;
  }
  read_options(fields, out);
  return out;
}

Fields read_defaults(const YamlNode* node, MappingConfig& config, YamlErrors& errors) {
  Fields out;
  if (node != nullptr) {
    YamlMapping fields(*node, "mapper.mapperConfigDefaultsAlias", errors);
    read_observer(fields, "timer_type", out.mapping.observer);
    read_observer(fields, "observer_type", out.mapping.observer);
    read_match_type(fields, out.match_type);
    fields.read("glob_disable_ordering", config.ignores_order);
    fields.read("ttl", out.mapping.ttl);
    read_options(fields, out);
  }
  if (out.histogram.buckets.empty()) out.histogram.buckets = default_buckets();
  if (!out.summary.objectives)
    out.summary.objectives = Objectives{{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}};
  return out;
}

// Fills in what the mapping leaves to the defaults, and those to the usual.
void settle(const Fields& fields, const Fields& defaults, Mapping& mapping) {
  if (mapping.observer == ObserverKind::unsaid) mapping.observer = defaults.mapping.observer;
  if (mapping.ttl == Duration::zero()) mapping.ttl = defaults.mapping.ttl;
  mapping.buckets =
      fields.histogram.buckets.empty() ? defaults.histogram.buckets : fields.histogram.buckets;
  std::erase_if(mapping.buckets, [](double bound) { return bound > 1e308; });
  WindowOptions& summary = mapping.summary;
  summary.objectives = fields.summary.objectives.value_or(*defaults.summary.objectives);
  for (const SummaryFields* said : {&defaults.summary, &fields.summary}) {
    if (said->age_max > Duration::zero()) summary.age_max = said->age_max;
    if (said->age_buckets > 0)
      summary.age_buckets = static_cast<size_t>(std::min(said->age_buckets, age_buckets_max));
    if (said->buffer_max > 0) summary.buffer_max = static_cast<size_t>(said->buffer_max);
  }
}

Result<> check(Fields& fields, const Fields& defaults, size_t index) {
  static const RE2 label_name("[a-zA-Z_][a-zA-Z0-9_]+");
  static const RE2 metric_name(R"(([a-zA-Z_]|(\$\{?\d+\}?))([a-zA-Z0-9_]|(\$\{?\d+\}?))*)");
  static const RE2 glob(
      R"((\*|[a-zA-Z_]([a-zA-Z0-9_\-])*)(\.\*|\.[a-zA-Z0-9_]([a-zA-Z0-9_\-])*)*)");
  Mapping& mapping = fields.mapping;
  for (const auto& [label, value] : mapping.labels)
    if (!RE2::FullMatch(label, label_name)) return fail("invalid label key: " + label);
  if (mapping.name.empty())
    return fail(fmt::format("line {}: metric mapping didn't set a metric name", index));
  if (!RE2::FullMatch(mapping.name, metric_name))
    return fail(fmt::format("metric name '{}' doesn't match regex '^{}$'", mapping.name,
                            metric_name.pattern()));
  const std::string& type = fields.match_type.empty() ? defaults.match_type : fields.match_type;
  if (type == "regex") {
    auto expression = std::make_shared<const RE2>(mapping.match, RE2::Quiet);
    if (!expression->ok())
      return fail(fmt::format("invalid regex {} in mapping: error parsing regexp: {}",
                              mapping.match, expression->error()));
    mapping.expression = std::move(expression);
  } else if (!RE2::FullMatch(mapping.match, glob)) {
    return fail("invalid match: " + mapping.match);
  }
  const ObserverKind observer =
      mapping.observer == ObserverKind::unsaid ? defaults.mapping.observer : mapping.observer;
  if (observer == ObserverKind::histogram && fields.has_summary)
    return fail("cannot use histogram observer and summary options at the same time");
  if (observer == ObserverKind::summary && fields.has_histogram)
    return fail("cannot use summary observer and histogram options at the same time");
  settle(fields, defaults, mapping);
  if (!std::ranges::is_sorted(mapping.buckets, std::less_equal<>()))
    return fail("histogram buckets must be in increasing order");
  return {};
}

}  // namespace

Result<MappingConfig> read_mapping_config(std::string_view yaml) {
  TRY(const YamlNode root, parse_yaml(yaml));
  MappingConfig config;
  YamlErrors errors;
  YamlMapping fields(root, "mapper.MetricMapper", errors);
  Fields defaults = read_defaults(fields.find("defaults"), config, errors);
  std::vector<Fields> mappings;
  if (const YamlNode* node = fields.find("mappings"); node != nullptr)
    for (const auto& item : node->items) mappings.push_back(read_mapping(*item, errors));
  TRY(errors.result());
  settle(defaults, defaults, defaults.mapping);
  for (size_t i = 0; i < mappings.size(); ++i) {
    TRY(check(mappings[i], defaults, i));
    config.mappings.push_back(std::move(mappings[i].mapping));
  }
  config.defaults = std::move(defaults.mapping);
  return config;
}

}  // namespace alloy::prometheus::exporter_statsd
