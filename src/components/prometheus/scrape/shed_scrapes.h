// Scrapes that are left out as a whole because there is no time or no memory for them: counted,
// said in the log now and then, and part of the component's health while it lasts.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "components/prometheus/scrape/scrape_metrics.h"

namespace alloy::prometheus::scrape {

class ShedScrapes {
 public:
  // `changed` is notified when there is something to complain about. All outlive it.
  ShedScrapes(ScrapeMetrics& metrics, Logger logger, Clock& clock, Event& changed);

  // One scrape of a target with this interval is left out. From any thread.
  void count(ShedReason reason, Duration interval);
  // What is wrong, until nothing has been left out for a while; empty: nothing.
  std::string complaint() const;

  // How often a component whose scrapes are left out is to look whether that is over.
  static constexpr Duration look_again = 5s;

 private:
  ScrapeMetrics& metrics_;
  Logger logger_;
  Clock& clock_;
  Event& changed_;
  mutable std::mutex mutex_;  // Guards everything below.
  SteadyTime over_at_;        // When the last one that was left out is forgotten.
  SteadyTime said_at_;
  uint64_t unsaid_ = 0;
  ShedReason reason_ = ShedReason::overload;
};

}  // namespace alloy::prometheus::scrape
