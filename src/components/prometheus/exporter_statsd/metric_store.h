// The metrics that events have made: counters, gauges, histograms and summaries, each series with
// its own time to live.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "components/prometheus/exporter_statsd/mapping_cache.h"
#include "components/prometheus/exporter_statsd/self_metrics.h"

namespace alloy::prometheus::exporter_statsd {

struct CacheOptions {
  CacheKind kind = CacheKind::lru;
  size_t size_max = 0;  // 0: no cache.
};

class MetricStore {
 public:
  MetricStore(MappingConfig config, CacheOptions cache, SelfCounters& counters, Clock& clock);

  // From any thread.
  void handle(Event& event);
  void remove_stale();
  void collect(MetricFamilies& out);

 private:
  struct HistogramState {
    std::vector<double> bounds;
    std::vector<double> counts;  // One a bound, and one above all of them.
    double sum = 0;
  };
  struct SummaryState {
    QuantileWindow window;
    double count = 0;
    double sum = 0;
  };
  struct Series {
    SteadyTime last_seen;
    Duration ttl{};
    std::variant<double, HistogramState, SummaryState> state = 0.0;
  };
  struct Family {
    MetricType type = MetricType::counter;
    std::string help;
    std::map<MetricLabels, Series> series;
    std::vector<std::vector<std::string>> label_names;  // The sets of names that were seen.
  };

  // What the event's name becomes.
  MappedName map(const Event& event);
  bool has_other_type(const std::string& name, MetricType type) const;
  bool conflicts(const std::string& name, MetricType type) const;
  // Null if the name belongs to a metric of another type.
  Series* find_or_add(const std::string& name, MetricType type, const EventLabels& labels,
                      const Mapping& mapping);
  void collect_series(const std::string& name, const MetricLabels& labels, Series& series,
                      std::vector<MetricSample>& out);

  SelfCounters& counters_;
  Clock& clock_;

  std::mutex mutex_;  // Guards everything below.
  Mapper mapper_;
  std::optional<MappingCache> cache_;
  std::map<std::string, Family> families_;
};

}  // namespace alloy::prometheus::exporter_statsd
