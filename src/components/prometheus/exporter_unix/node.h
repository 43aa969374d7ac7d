// The machine: the collectors that run, asked one after the other at each scrape. One that fails
// costs its own metrics and is told of; the others go on.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "components/prometheus/exporter_unix/collector.h"

namespace alloy::prometheus::exporter_unix {

class Node {
 public:
  static Result<std::shared_ptr<Node>> create(Arguments arguments, const Logger& logger,
                                              Clock& clock);

  // The metrics as Prometheus text. From any thread that may block; scrapes wait for each other.
  std::string collect();

 private:
  struct Entry {
    std::string_view name;
    std::unique_ptr<Collector> collector;
    std::string last_error;  // Told once, until it changes.
  };

  Node(Logger logger, Clock& clock) : logger_(std::move(logger)), clock_(clock) {}
  void run(Entry& entry, Metrics& out);
  void add_own_metrics(Metrics& out) const;
  void tell_conflicts(const Metrics& metrics);

  Logger logger_;
  Clock& clock_;
  bool counts_scrapes_ = false;
  std::mutex mutex_;  // Guards everything below.
  std::vector<Entry> entries_;
  double conflicts_ = 0;
  double scrapes_ = 0;
  std::string last_conflict_;
};

}  // namespace alloy::prometheus::exporter_unix
