// One endpoint of loki.write: what its arguments mean, and what becomes of its requests.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "components/loki/write/arguments.h"
#include "components/loki/write/encoding_settings.h"
#include "components/loki/write/endpoint_metrics.h"
#include "components/shared/outgoing/queue_store.h"
#include "components/shared/outgoing/sender.h"
#include "services/identity.h"

namespace alloy::loki::write {

// What the arguments say about an endpoint, checked and ready to use.
struct EndpointPlan {
  outgoing::EndpointIdentity identity;
  std::string host;  // In metrics and logs.
  EncodingSettings settings;
  std::shared_ptr<outgoing::Destination> destination;  // Without its observer.
};

// Fails for what can't be honoured.
Result<EndpointPlan> plan_endpoint(const EndpointArguments& endpoint, const Arguments& arguments,
                                   const Identity& identity, AnyExecutor executor);

class EndpointObserver final : public outgoing::SendObserver {
 public:
  EndpointObserver(std::shared_ptr<EndpointMetrics> metrics, Clock& clock, Logger logger)
      : metrics_(std::move(metrics)), clock_(clock), logger_(std::move(logger)) {}

  std::string_view prepare(const queue::Record& record, net::Headers& headers) const override;
  std::string_view tenant(const queue::Record& record) const override;
  void on_attempt(const queue::Record& record, int status, double seconds) override;
  void on_sent(const queue::Record& record) override;
  void on_refused(const queue::Record& record, int status, const std::string& error) override;
  void on_retry(const queue::Record& record) override;
  void on_dropped(queue::DropReason reason, const queue::Counts& counts) override;

 private:
  TenantMetrics& tenant_of(const queue::Record& record) const;

  const std::shared_ptr<EndpointMetrics> metrics_;
  Clock& clock_;
  const Logger logger_;
};

}  // namespace alloy::loki::write
