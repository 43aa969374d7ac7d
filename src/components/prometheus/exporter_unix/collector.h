// One source of metrics of the machine. A collector is made for each set of arguments and asked at
// every scrape, one scrape at a time, on a thread that may block.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "components/prometheus/exporter_unix/arguments.h"
#include "components/prometheus/exporter_unix/metrics.h"
#include "components/prometheus/exporter_unix/sources.h"

namespace alloy::prometheus::exporter_unix {

class Collector {
 public:
  virtual ~Collector() = default;
  // Adds its metrics. What it added before it failed stays. no_data() where the machine has
  // nothing of the kind.
  virtual Result<> collect(Metrics& out) = 0;
};

// What a collector is born with.
struct CollectorOptions {
  Paths paths;
  Arguments arguments;
  Logger logger;
  Clock& clock = real_clock();
  bool has_cpufreq = false;  // The cpufreq collector runs too.
};

// Fails if the arguments make no sense.
using CreateCollector = Result<std::unique_ptr<Collector>> (*)(const CollectorOptions& options);

// For collectors that are one function of the paths.
template <Result<> (*function)(const Paths&, Metrics&)>
Result<std::unique_ptr<Collector>> create_plain(const CollectorOptions& options) {
  class Plain final : public Collector {
   public:
    explicit Plain(Paths paths) : paths_(std::move(paths)) {}
    Result<> collect(Metrics& out) override { return function(paths_, out); }

   private:
    Paths paths_;
  };
  return std::make_unique<Plain>(options.paths);
}

// For collectors with a state, made from the options.
template <class T>
Result<std::unique_ptr<Collector>> create_collector(const CollectorOptions& options) {
  TRY(auto collector, T::create(options));
  return std::unique_ptr<Collector>(std::move(collector));
}

}  // namespace alloy::prometheus::exporter_unix
