#include "base/metrics.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace alloy {
namespace {

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
  }
  return "untyped";
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
}

MetricLabels merge(const MetricLabels& constant, const MetricLabels& own) {
  MetricLabels all = constant;
  all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<double> default_buckets() { return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}; }

MetricRegistry::MetricRegistry(MetricLabels constant_labels)
    : constant_labels_(std::move(constant_labels)) {}

MetricRegistry::Instrument& MetricRegistry::find_or_add(std::string_view name,
                                                        std::string_view help, MetricType type,
                                                        MetricLabels labels,
                                                        const std::function<Instrument()>& make) {
  std::sort(labels.begin(), labels.end());
  std::lock_guard lock(mutex_);
  auto family = families_.find(name);
  if (family == families_.end())
    family = families_.emplace(name, Family{std::string(help), type, {}}).first;
  ASSERT(family->second.type == type);
  auto& series = family->second.series;
  auto at = series.find(labels);
  if (at == series.end()) at = series.emplace(std::move(labels), make()).first;
  return at->second;
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help,
                                 MetricLabels labels) {
  return *std::get<std::unique_ptr<Counter>>(
      find_or_add(name, help, MetricType::counter, std::move(labels),
                  [] { return Instrument(std::make_unique<Counter>()); }));
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
  return *std::get<std::unique_ptr<Gauge>>(
      find_or_add(name, help, MetricType::gauge, std::move(labels),
                  [] { return Instrument(std::make_unique<Gauge>()); }));
}

Histogram& MetricRegistry::histogram(std::string_view name, std::string_view help,
                                     std::vector<double> bounds, MetricLabels labels) {
  return *std::get<std::unique_ptr<Histogram>>(
      find_or_add(name, help, MetricType::histogram, std::move(labels),
                  [&] { return Instrument(std::make_unique<Histogram>(std::move(bounds))); }));
}

void MetricRegistry::function(std::string_view name, std::string_view help, MetricType type,
                              std::function<double()> read, MetricLabels labels) {
  find_or_add(name, help, type, std::move(labels), [&] { return Instrument(std::move(read)); });
}

void MetricRegistry::collector(std::function<void(MetricFamilies&)> collect) {
  std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collect));
}

void MetricRegistry::remove(std::string_view name, const MetricLabels& labels) {
  MetricLabels sorted = labels;
  std::sort(sorted.begin(), sorted.end());
  std::lock_guard lock(mutex_);
  const auto family = families_.find(name);
  if (family != families_.end()) family->second.series.erase(sorted);
}

void MetricRegistry::collect(MetricFamilies& out) const {
  std::lock_guard lock(mutex_);
  const auto into = [&](const std::string& name, const std::string& help,
                        MetricType type) -> MetricFamily& {
    auto& family = out[name];
    if (family.name.empty()) family = {name, help, type, {}};
    return family;
  };
  for (const auto& [name, family] : families_) {
    if (family.series.empty()) continue;
    auto& samples = into(name, family.help, family.type).samples;
    for (const auto& [own, instrument] : family.series) {
      const MetricLabels labels = merge(constant_labels_, own);
      if (const auto* c = std::get_if<std::unique_ptr<Counter>>(&instrument)) {
        samples.push_back({name, labels, (*c)->value()});
      } else if (const auto* g = std::get_if<std::unique_ptr<Gauge>>(&instrument)) {
        samples.push_back({name, labels, (*g)->value()});
      } else if (const auto* f = std::get_if<std::function<double()>>(&instrument)) {
        samples.push_back({name, labels, (*f)()});
      } else {
        const Histogram& h = *std::get<std::unique_ptr<Histogram>>(instrument);
        double count = 0;
        for (size_t i = 0; i < h.counts_.size(); ++i) {
          count += static_cast<double>(h.counts_[i].load(std::memory_order_relaxed));
          MetricLabels with_bound = labels;
          with_bound.emplace_back("le",
                                  i < h.bounds_.size() ? format_double(h.bounds_[i]) : "+Inf");
          samples.push_back({name + "_bucket", std::move(with_bound), count});
        }
        samples.push_back({name + "_sum", labels, h.sum_.load(std::memory_order_relaxed)});
        samples.push_back({name + "_count", labels, count});
      }
    }
  }
  for (const auto& collect_more : collectors_) {
    MetricFamilies more;
    collect_more(more);
    for (auto& [name, family] : more) {
      auto& samples = into(name, family.help, family.type).samples;
      for (auto& sample : family.samples) {
        sample.labels = merge(constant_labels_, sample.labels);
        samples.push_back(std::move(sample));
      }
    }
  }
}

std::string write_exposition(const MetricFamilies& families) {
  std::string out;
  for (const auto& [name, family] : families) {
    out += fmt::format("# HELP {} ", name);  // Also an empty one, as Prometheus' libraries do.
    append_escaped(out, family.help, false);
    out += '\n';
    out += fmt::format("# TYPE {} {}\n", name, type_name(family.type));
    for (const auto& sample : family.samples) {
      out += sample.name;
      const char* separator = "{";
      for (const auto& [key, value] : sample.labels) {
        out += separator;
        out += key;
        out += "=\"";
        append_escaped(out, value, true);
        out += '"';
        separator = ",";
      }
      if (!sample.labels.empty()) out += '}';
      out += ' ';
      out += format_double(sample.value);
      out += '\n';
    }
  }
  return out;
}

}  // namespace alloy
