// The protobuf exposition: messages of io.prometheus.client (metrics.proto), written by hand since
// they are few and flat.
#include <bit>
#include <charconv>
#include <cmath>

#include "services/metrics_endpoint.h"

namespace alloy {
namespace {

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
  put_varint(out, field << 3 | 2);
  put_varint(out, bytes.size());
  out += bytes;
}

void put_count(std::string& out, unsigned field, double value) {
  put_varint(out, field << 3);
  put_varint(out, value > 0 ? static_cast<uint64_t>(value) : 0);
}

void put_double(std::string& out, unsigned field, double value) {
  put_varint(out, field << 3 | 1);
  const auto bits = std::bit_cast<uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift & 0xff);
}

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

std::string encode(const Metric& metric, MetricType type) {
  std::string out;
  for (const auto& [name, value] : metric.labels) {
    std::string pair;
    put_bytes(pair, 1, name);
    put_bytes(pair, 2, value);
    put_bytes(out, 1, pair);
  }
  std::string body;
  if (type == MetricType::counter || type == MetricType::gauge) {
    put_double(body, 1, metric.value);
    put_bytes(out, type == MetricType::counter ? 3 : 2, body);
    return out;
  }
  put_count(body, 1, metric.count);
  put_double(body, 2, metric.sum);
  for (const auto& [bound, value] : metric.steps) {
    std::string step;
    if (type == MetricType::histogram) {
      put_count(step, 1, value);
      put_double(step, 2, bound);
    } else {
      put_double(step, 1, bound);
      put_double(step, 2, value);
    }
    put_bytes(body, 3, step);
  }
  put_bytes(out, type == MetricType::histogram ? 7 : 4, body);
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
  std::string out;
  for (const auto& [name, family] : families) {
    std::string message;
    put_bytes(message, 1, family.name);
    put_bytes(message, 2, family.help);
    put_varint(message, 3 << 3);
    put_varint(message, type_number(family.type));
    for (const Metric& metric : group(family)) put_bytes(message, 4, encode(metric, family.type));
    put_varint(out, message.size());
    out += message;
  }
  return out;
}

}  // namespace alloy
