// Spreads requests over all addresses of their host (round_robin_dns).
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/executor.h"
#include "components/shared/outgoing/sender.h"

namespace alloy::prometheus::remote_write {

class AddressRotation final : public outgoing::RequestPreparation {
 public:
  AddressRotation(AnyExecutor blocking, Clock& clock)
      : blocking_(std::move(blocking)), clock_(clock) {}

  // A host that can't be looked up is left to the client, which says why.
  Task<Result<>> prepare(net::Request* request, StopToken stop) override;

 private:
  std::string next();

  const AnyExecutor blocking_;
  Clock& clock_;
  std::mutex mutex_;  // Guards everything below.
  std::vector<std::string> addresses_;
  size_t next_ = 0;
  SteadyTime looked_up_at_{};
};

}  // namespace alloy::prometheus::remote_write
