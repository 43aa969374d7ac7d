#include "components/prometheus/exporter_statsd/line_parser.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "signals/number_text.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

constexpr size_t components_max = 4;
// A sample that stands for many is repeated; more often than this is nobody's measurement.
constexpr double repetitions_max = 1'000'000;

void parse_tag(std::string_view tag, char separator, SelfCounters& counters, EventLabels& labels) {
  const size_t at = tag.find(separator);
  const bool is_good = at != tag.npos && at > 0 && at + 1 < tag.size();
  if (!is_good) return counters.tag_errors.add();
  labels[escape_metric_name(tag.substr(0, at))] = tag.substr(at + 1);
}

// Tags between commas. Nothing after the last comma is no mistake, nothing before one is.
void parse_tags(std::string_view text, char separator, bool has_hashes, SelfCounters& counters,
                EventLabels& labels) {
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view tag = text.substr(0, comma);
    if (has_hashes && tag.starts_with('#')) tag.remove_prefix(1);
    parse_tag(tag, separator, counters, labels);
    if (comma == text.npos) return;
    text.remove_prefix(comma + 1);
  }
}

// The name without the tags that stand in it.
std::string parse_name(std::string_view name, const TagStyles& styles, SelfCounters& counters,
                       EventLabels& labels) {
  if (styles.signalfx) {
    const size_t start = name.find('[');
    const size_t end = name.find(']');
    if ((start == name.npos) != (end == name.npos)) {
      counters.tag_errors.add();
      return std::string(name);
    }
    if (start != name.npos) {
      if (start > end) {
        counters.tag_errors.add();
        return std::string(name);
      }
      parse_tags(name.substr(start + 1, end - start - 1), '=', false, counters, labels);
      return std::string(name.substr(0, start)) + std::string(name.substr(end + 1));
    }
  }
  for (size_t i = 0; i < name.size(); ++i) {
    const bool is_start = (name[i] == '#' && styles.librato) || (name[i] == ',' && styles.influxdb);
    if (!is_start) continue;
    parse_tags(name.substr(i + 1), '=', false, counters, labels);
    return std::string(name.substr(0, i));
  }
  return std::string(name);
}

// One value of a line with what follows it: "1|c|@0.1|#a:b".
class Sample {
 public:
  Sample(const TagStyles& styles, SelfCounters& counters, EventLabels& labels)
      : styles_(styles), counters_(counters), labels_(labels) {}

  void parse(std::string_view name, std::string_view text, Events& out);

 private:
  void read_component(std::string_view component);
  void read_factor(std::string_view text);

  const TagStyles& styles_;
  SelfCounters& counters_;
  EventLabels& labels_;
  std::string_view type_;
  double value_ = 0;
  double repetitions_ = 1;
};

void Sample::read_factor(std::string_view text) {
  const auto number = parse_double(text);
  if (!number) counters_.count_sample_error("invalid_sample_factor");
  const double factor = number && *number != 0 ? *number : 1;
  if (type_ == "c") value_ /= factor;
  if (type_ == "ms" || type_ == "h" || type_ == "d")
    repetitions_ = std::clamp(std::trunc(1 / factor), 0.0, repetitions_max);
}

void Sample::read_component(std::string_view component) {
  const std::string_view rest = component.substr(1);
  if (component.front() == '@') {
    read_factor(rest);
  } else if (component.front() == '#') {
    if (styles_.dogstatsd) parse_tags(rest, ':', true, counters_, labels_);
  } else {
    counters_.count_sample_error("invalid_sample_factor");
  }
}

std::optional<EventType> event_type(std::string_view type) {
  if (type == "c") return EventType::counter;
  if (type == "g") return EventType::gauge;
  if (type == "ms" || type == "h" || type == "d") return EventType::observer;
  return std::nullopt;
}

void Sample::parse(std::string_view name, std::string_view text, Events& out) {
  counters_.samples.add();
  const auto components = split(text, '|');
  if (components.size() < 2 || components.size() > components_max)
    return counters_.count_sample_error("malformed_component");
  const bool is_relative = text.starts_with('+') || text.starts_with('-');
  const auto value = parse_double(components[0]);
  if (!value) return counters_.count_sample_error("malformed_value");
  value_ = *value;
  type_ = components[1];
  repetitions_ = 1;
  for (size_t i = 2; i < components.size(); ++i)
    if (components[i].empty()) return counters_.count_sample_error("malformed_component");
  for (size_t i = 2; i < components.size(); ++i) read_component(components[i]);
  if (!labels_.empty()) counters_.tags.add();
  const auto type = event_type(type_);
  for (double i = 0; i < repetitions_; ++i) {
    if (!type) {
      counters_.count_sample_error("illegal_event");
      continue;
    }
    // StatsD speaks of milliseconds, Prometheus of seconds.
    out.push_back({.type = *type,
                   .name = std::string(name),
                   .value = type_ == "ms" ? value_ / 1000 : value_,
                   .is_relative = is_relative,
                   .labels = labels_});
  }
}

}  // namespace

std::string escape_metric_name(std::string_view name) {
  std::string out;
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') out += '_';
  char32_t previous = 0;
  while (!name.empty()) {
    const std::string_view before = name;
    const char32_t c = next_code_point(name);
    const bool is_kept =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (is_kept) {
      out += before.front();
    } else if (!(c == '-' && previous == '-')) {
      out += '_';
    }
    previous = c;
  }
  return out;
}

void parse_line(std::string_view line, const TagStyles& styles, SelfCounters& counters,
                Events& out) {
  if (line.empty()) return;
  const size_t colon = line.find(':');
  if (colon == line.npos || colon == 0 || !is_utf8(line))
    return counters.count_sample_error("malformed_line");
  EventLabels labels;
  const std::string name = parse_name(line.substr(0, colon), styles, counters, labels);
  const std::string_view rest = line.substr(colon + 1);
  const bool is_dogstatsd = rest.contains("|#");
  if (is_dogstatsd && !labels.empty()) return counters.count_sample_error("mixed_tagging_styles");
  const size_t bar = rest.find('|');
  if (bar == rest.npos) return counters.count_sample_error("not_enough_parts_after_colon");
  Sample sample(styles, counters, labels);
  const std::string_view values = rest.substr(0, bar);
  if (values.contains(':')) {  // Several values of one type, as DogStatsD 1.1 sends them.
    const std::string_view type = rest.substr(bar + 1, rest.find('|', bar + 1) - bar - 1);
    if (type != "ms" && type != "h" && type != "d")
      return counters.count_sample_error("invalid_extended_aggregate_type");
    for (const std::string_view value : split(values, ':')) {
      const std::string one = std::string(value) + std::string(rest.substr(bar));
      sample.parse(name, one, out);
    }
  } else if (is_dogstatsd) {
    sample.parse(name, rest, out);
  } else {
    for (const std::string_view part : split(rest, ':')) sample.parse(name, part, out);
  }
}

}  // namespace alloy::prometheus::exporter_statsd
