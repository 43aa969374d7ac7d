// A metric of type summary: the 0.5, 0.9 and 0.99 quantiles of what was observed in the last ten
// minutes, as the metrics about service discovery have them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"

namespace alloy::discovery {

class Summary {
 public:
  // Its series appear in `registry` as long as that lives.
  Summary(MetricRegistry& registry, Clock& clock, std::string name, std::string help);

  // Makes the series with these labels appear before the first observation.
  void add(const MetricLabels& labels);
  // From any thread.
  void observe(Duration duration, const MetricLabels& labels = {});

 private:
  struct Series {
    std::deque<std::pair<SteadyTime, double>> recent;
    double sum = 0;
    double count = 0;
  };
  struct State {
    std::string name;
    std::string help;
    std::mutex mutex;  // Guards everything below.
    std::map<MetricLabels, Series> series;
  };
  static void collect(State& state, SteadyTime now, MetricFamilies& out);

  Clock& clock_;
  std::shared_ptr<State> state_;
};

// The summaries of one component by name: they outlive the discoverers that feed them.
class Summaries {
 public:
  Summaries(MetricRegistry& registry, Clock& clock) : registry_(registry), clock_(clock) {}
  Summary& get(const std::string& name, std::string_view help);

 private:
  MetricRegistry& registry_;
  Clock& clock_;
  std::map<std::string, Summary> summaries_;
};

}  // namespace alloy::discovery
