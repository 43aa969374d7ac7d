// Tells the metrics and the log of an endpoint what became of its requests, takes out samples that
// are too old to be sent, and goes over to protocol 1.0 where 2.0 is not understood.
#pragma once

#include <atomic>
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

  std::string_view prepare(const queue::Record& record, net::Headers& headers) const override;
  std::string_view tenant(const queue::Record& record) const override;
  bool drop_outdated(queue::Record& record) override;
  outgoing::Review review(queue::Record& record, const net::Response& response) override;
  void on_attempt(const queue::Record& record, int status, double seconds) override;
  void on_sent(const queue::Record& record) override;
  void on_refused(const queue::Record& record, int status, const std::string& error) override;
  void on_retry(const queue::Record& record) override;
  void on_dropped(queue::DropReason reason, const queue::Counts& counts) override;

 private:
  bool rewrite_as_v1(queue::Record& record);

  const std::shared_ptr<EndpointMetrics> metrics_;
  const Protocol protocol_;        // The one whose headers requests have by themselves.
  const Duration sample_age_max_;  // 0: no limit.
  const std::string tenant_header_;
  const std::string shown_url_;
  Clock& clock_;
  const Logger logger_;
  std::atomic<bool> speaks_only_v1_ = false;  // The endpoint has said so.
};

}  // namespace alloy::prometheus::remote_write
