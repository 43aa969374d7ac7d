// The protobuf exposition: messages of io.prometheus.client (metrics.proto), written by hand since
// they are few and flat.
#include <charconv>
#include <cmath>

#include "services/metrics_endpoint.h"
#include "services/protobuf_writer.h"

namespace alloy {
namespace {

double number_of(std::string_view text) {
  if (text == "+Inf") return INFINITY;
  double value = NAN;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// One Metric: the samples of a family that have the same labels (but for le and quantile).
struct Metric {
  MetricLabels labels;
  double value = 0;
  double sum = 0;
  double count = 0;
  std::vector<std::pair<double, double>> steps;  // Bound or quantile, and its value.
};

MetricLabels without(const MetricLabels& labels, std::string_view name, double& bound) {
  MetricLabels rest;
  for (const auto& label : labels) {
    if (label.first == name) {
      bound = number_of(label.second);
    } else {
      rest.push_back(label);
    }
  }
  return rest;
}

std::vector<Metric> group(const MetricFamily& family) {
  const std::string_view step_label = family.type == MetricType::histogram ? "le" : "quantile";
  const bool is_flat = family.type == MetricType::counter || family.type == MetricType::gauge;
  std::vector<Metric> metrics;
  std::map<MetricLabels, size_t> known;
  for (const MetricSample& sample : family.samples) {
    double bound = NAN;
    auto labels = is_flat ? sample.labels : without(sample.labels, step_label, bound);
    const auto [at, is_new] = known.try_emplace(labels, metrics.size());
    if (is_new) metrics.push_back({.labels = std::move(labels)});
    Metric& metric = metrics[at->second];
    const std::string_view suffix = std::string_view(sample.name).substr(family.name.size());
    if (is_flat) {
      metric.value = sample.value;
    } else if (suffix == "_sum") {
      metric.sum = sample.value;
    } else if (suffix == "_count") {
      metric.count = sample.value;
    } else {
      metric.steps.emplace_back(bound, sample.value);
    }
  }
  return metrics;
}

uint64_t whole(double value) { return value > 0 ? static_cast<uint64_t>(value) : 0; }

ProtobufWriter encode(const Metric& metric, MetricType type) {
  ProtobufWriter out;
  for (const auto& [name, value] : metric.labels) {
    ProtobufWriter pair;
    pair.text(1, name);
    pair.text(2, value);
    out.message(1, pair);
  }
  ProtobufWriter body;
  if (type == MetricType::counter || type == MetricType::gauge) {
    body.real(1, metric.value);
    out.message(type == MetricType::counter ? 3 : 2, body);
    return out;
  }
  body.number(1, whole(metric.count));
  body.real(2, metric.sum);
  for (const auto& [bound, value] : metric.steps) {
    ProtobufWriter step;
    if (type == MetricType::histogram) {
      step.number(1, whole(value));
      step.real(2, bound);
    } else {
      step.real(1, bound);
      step.real(2, value);
    }
    body.message(3, step);
  }
  out.message(type == MetricType::histogram ? 7 : 4, body);
  return out;
}

unsigned type_number(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return 0;
    case MetricType::gauge:
      return 1;
    case MetricType::summary:
      return 2;
    case MetricType::histogram:
      return 4;
  }
  return 3;  // Untyped.
}

}  // namespace

std::string write_protobuf_exposition(const MetricFamilies& families) {
  ProtobufWriter out;
  for (const auto& [name, family] : families) {
    ProtobufWriter message;
    message.text(1, family.name);
    message.text(2, family.help);
    message.number(3, type_number(family.type));
    for (const Metric& metric : group(family)) message.message(4, encode(metric, family.type));
    out.delimited(message);
  }
  return out.bytes();
}

}  // namespace alloy
