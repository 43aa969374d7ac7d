// What the program says about itself: counters, gauges and histograms on /metrics.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace alloy {

// Name and value; sorted by name wherever a set of them identifies a series.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Adding is one atomic operation, from any thread.
class Counter {
 public:
  void add(double by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

class Histogram {
 public:
  // Upper bounds in rising order, without +Inf.
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);

 private:
  friend class MetricRegistry;
  std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;  // One a bound, and one above all of them.
  std::atomic<double> sum_ = 0;
};

// The bucket bounds that Prometheus' client libraries use when none are given (seconds).
std::vector<double> default_buckets();

enum class MetricType : unsigned char { counter, gauge, histogram, summary };

// One line of an exposition; the suffix (_bucket, _sum, _count) is part of the name.
struct MetricSample {
  std::string name;
  MetricLabels labels;
  double value = 0;
};

struct MetricFamily {
  std::string name;
  std::string help;
  MetricType type = MetricType::gauge;
  std::vector<MetricSample> samples;
};

// Families by name: what several registries add to one /metrics.
using MetricFamilies = std::map<std::string, MetricFamily, std::less<>>;

// A set of metrics that share constant labels and vanish together with their owner (a component).
// The first registration of a name fixes its help and type. References stay valid as long as the
// registry, or until remove().
class MetricRegistry {
 public:
  explicit MetricRegistry(MetricLabels constant_labels = {});

  Counter& counter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                       MetricLabels labels = {});
  // A value that is computed when somebody looks. `read` must be quick and safe on any thread.
  void function(std::string_view name, std::string_view help, MetricType type,
                std::function<double()> read, MetricLabels labels = {});
  // Anything else: `collect` adds whole families; the constant labels are added to its samples.
  void collector(std::function<void(MetricFamilies&)> collect);
  // Forgets the series of this name with these labels. Its references become invalid.
  void remove(std::string_view name, const MetricLabels& labels);

  void collect(MetricFamilies& out) const;

 private:
  using Instrument = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                                  std::unique_ptr<Histogram>, std::function<double()>>;
  struct Family {
    std::string help;
    MetricType type;
    std::map<MetricLabels, Instrument> series;
  };
  Instrument& find_or_add(std::string_view name, std::string_view help, MetricType type,
                          MetricLabels labels, const std::function<Instrument()>& make);

  MetricLabels constant_labels_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::map<std::string, Family, std::less<>> families_;
  std::vector<std::function<void(MetricFamilies&)>> collectors_;
};

// Prometheus text exposition 0.0.4.
std::string write_exposition(const MetricFamilies& families);

}  // namespace alloy
