// One endpoint at work: its sender, its metrics, and where it stands among the queues.
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "base/stability.h"
#include "components/prometheus/remote_write/arguments.h"
#include "components/prometheus/remote_write/encoding_settings.h"
#include "components/prometheus/remote_write/endpoint_metrics.h"
#include "components/prometheus/remote_write/outbox.h"
#include "components/shared/outgoing/queue_store.h"
#include "components/shared/outgoing/sender.h"
#include "services/identity.h"

namespace alloy::prometheus::remote_write {

// What the arguments say about an endpoint, checked and ready to use.
struct EndpointPlan {
  outgoing::EndpointIdentity identity;
  std::string remote_name;  // In metrics and logs.
  EncodingSettings settings;
  std::shared_ptr<outgoing::Destination> destination;  // Without its observer.
  QueueArguments queue;
  std::string tenant_header = std::string(tenant_header_default);
};

// Says in the headers of a request which protocol it speaks.
void set_protocol(net::Headers& headers, Protocol protocol);

// Fails for what can't be honoured.
Result<EndpointPlan> plan_endpoint(const EndpointArguments& arguments,
                                   const std::map<std::string, std::string>& external_labels,
                                   const Identity& identity, Stability stability_min,
                                   Executor& executor, Clock& clock);

// What an endpoint's metrics read, while outboxes come and go.
class EndpointView {
 public:
  void set(std::shared_ptr<Outbox> outbox, std::shared_ptr<outgoing::QueueStore> store,
           const EndpointPlan& plan);
  // Waiting or on their way.
  queue::Counts pending() const;
  // Of all outboxes together, since the endpoint began.
  Outbox::Dropped dropped() const;
  double newest_timestamp_seconds() const;
  size_t lanes() const;
  QueueArguments queue() const;

 private:
  mutable std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<Outbox> outbox_;
  Outbox::Dropped before_;      // From earlier outboxes.
  Outbox::Dropped at_joining_;  // What the present one had already.
  QueueArguments queue_;
  std::shared_ptr<outgoing::QueueStore> store_;
  std::string key_;
};

// They hold nothing that has metrics itself: the last reference may go while metrics are collected.
EndpointReadings readings_of(std::shared_ptr<EndpointView> view);

}  // namespace alloy::prometheus::remote_write
