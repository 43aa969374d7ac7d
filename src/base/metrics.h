// What the program says about itself: counters, gauges and histograms on /metrics.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alloy {

// Name and value; sorted by name wherever a set of them identifies a series.
using MetricLabel = std::pair<std::string, std::string>;
using MetricLabels = std::vector<MetricLabel>;

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
  explicit Histogram(const std::vector<double>& bounds);
  ~Histogram();
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;
  void observe(double value);

 private:
  friend class MetricRegistry;
  using Counts = std::atomic<uint64_t>[];  // One a bound, and one above all of them.
  const std::atomic<uint64_t>* counts() const { return counts_.load(std::memory_order_acquire); }

  std::shared_ptr<const std::vector<double>> bounds_;  // One for all that have the same.
  // Null until the first observation: most components of a large configuration rarely see one.
  std::atomic<std::atomic<uint64_t>*> counts_ = nullptr;
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

// One number on its way out, as views that are valid during the call.
struct MetricView {
  std::string_view name;  // Of the family.
  std::string_view help;
  MetricType type = MetricType::gauge;
  std::string_view suffix = {};  // "_bucket", "_sum", "_count" or nothing.
  std::span<const MetricLabel> constant = {};
  std::span<const MetricLabel> own = {};
  std::string_view bound = {};  // Of a bucket: the label "le".
  double value = 0;
};

// Takes the numbers of one /metrics, in any order of families.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void add(const MetricView& metric) = 0;
  // All of them, with `constant` besides their own labels.
  void add(const MetricFamilies& families, std::span<const MetricLabel> constant = {});
};

// Keeps them as they are.
class MetricFamiliesSink final : public MetricSink {
 public:
  explicit MetricFamiliesSink(MetricFamilies& families) : families_(families) {}
  using MetricSink::add;
  void add(const MetricView& metric) override;

 private:
  MetricFamilies& families_;
};

// Writes them at once, so that a large program's exposition is never more than its text in memory.
class ExpositionSink final : public MetricSink {
 public:
  using MetricSink::add;
  void add(const MetricView& metric) override;
  // The text in pieces, in order. Nothing is left.
  std::vector<std::string> take();

 private:
  struct Family {
    MetricType type;
    std::string help;
    std::vector<std::string> pieces;
  };
  std::map<std::string, Family, std::less<>> families_;
  std::string line_;
  std::vector<const MetricLabel*> labels_;
};

// A set of metrics that share constant labels and vanish together with their owner (a component).
// The first registration of a name fixes its help and type. References stay valid as long as the
// registry, or until remove().
class MetricRegistry {
 public:
  explicit MetricRegistry(MetricLabels constant_labels = {});
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  Counter& counter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help,
                       const std::vector<double>& bounds, MetricLabels labels = {});
  // A value that is computed when somebody looks. `read` must be quick and safe on any thread.
  void function(std::string_view name, std::string_view help, MetricType type,
                std::function<double()> read, MetricLabels labels = {});
  // Anything else: `collect` adds whole families; the constant labels are added to its samples.
  void collector(std::function<void(MetricFamilies&)> collect);
  // Forgets the series of this name with these labels. Its references become invalid.
  void remove(std::string_view name, const MetricLabels& labels);

  void collect(MetricSink& out) const;
  void collect(MetricFamilies& out) const;

 private:
  struct Series;
  template <class Instrument>
  struct SeriesOf;
  using SeriesList = std::vector<std::unique_ptr<Series>>;

  SeriesList::iterator find(std::string_view name, const MetricLabels& labels);
  template <class Instrument, class... Arguments>
  Instrument& find_or_add(std::string_view name, std::string_view help, MetricType type,
                          MetricLabels labels, Arguments&&... arguments);
  void collect_histogram(const Histogram& histogram, MetricView view, MetricSink& out) const;

  MetricLabels constant_labels_;
  mutable std::mutex mutex_;  // Guards everything below.
  SeriesList series_;         // By name and labels.
  std::vector<std::function<void(MetricFamilies&)>> collectors_;
};

// Prometheus text exposition 0.0.4.
std::string write_exposition(const MetricFamilies& families);

}  // namespace alloy
