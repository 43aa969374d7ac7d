// What prometheus.scrape says about itself on /metrics, under the names of the real one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/metrics.h"
#include "components/prometheus/scrape/ingest.h"

namespace alloy::prometheus::scrape {

// Why a scrape is left out although its target is there.
enum class ShedReason : unsigned char { overload, memory };
std::string_view name_of(ShedReason reason);

class ScrapeMetrics {
 public:
  explicit ScrapeMetrics(MetricRegistry& registry);

  // The job that the gauges of the pool are labelled with.
  void set_job(const std::string& job);
  void set_targets(size_t count, size_t limit);
  void count_sync(double seconds, size_t failed_targets);
  void count_reload();
  void count_target_limit();
  void count_moved(size_t targets);

  void count_scrape(double seconds, const IngestCounts& counts);
  void count_shed(ShedReason reason);
  void count_body_limit();
  void observe_interval(Duration configured, double seconds);

 private:
  struct Numbers;
  struct Row;
  static std::span<const Row> rows();
  static void collect(const Numbers& numbers, MetricFamilies& out);

  MetricRegistry& registry_;
  // The registry asks for them when somebody looks: a metric of its own for each would be most of
  // what a component without targets needs. It may hold them for longer than this lives.
  std::shared_ptr<Numbers> numbers_;
  Histogram& duration_;
  Histogram* sync_length_ = nullptr;  // Of the present job; set before the first target.
};

}  // namespace alloy::prometheus::scrape
