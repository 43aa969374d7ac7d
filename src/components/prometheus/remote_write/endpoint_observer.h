// Tells the metrics and the log of an endpoint what became of its requests, and takes out samples
// that are too old to be sent.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "components/prometheus/remote_write/endpoint.h"
#include "components/prometheus/remote_write/endpoint_metrics.h"

namespace alloy::prometheus::remote_write {

class EndpointObserver final : public outgoing::SendObserver {
 public:
  EndpointObserver(std::shared_ptr<EndpointMetrics> metrics, const EndpointPlan& plan, Clock& clock,
                   Logger logger);

  bool drop_outdated(queue::Record& record) override;
  void on_attempt(const queue::Record& record, int status, double seconds) override;
  void on_sent(const queue::Record& record) override;
  void on_refused(const queue::Record& record, int status, const std::string& error) override;
  void on_retry(const queue::Record& record) override;
  void on_dropped(queue::DropReason reason, const queue::Counts& counts) override;

 private:
  const std::shared_ptr<EndpointMetrics> metrics_;
  const Duration sample_age_max_;  // 0: no limit.
  const std::string shown_url_;
  Clock& clock_;
  const Logger logger_;
};

}  // namespace alloy::prometheus::remote_write
