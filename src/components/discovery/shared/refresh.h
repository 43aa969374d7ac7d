// A discoverer that asks at an interval: at once, and then each time the interval has passed. An
// attempt that fails is counted and logged, and leaves the targets as they were.
#pragma once

#include "components/discovery/shared/discovery.h"

namespace alloy::discovery {

class RefreshDiscoverer : public Discoverer {
 public:
  // `mechanism` is what the metrics call it ("http"). The context must outlive it.
  RefreshDiscoverer(std::string mechanism, Duration interval, const DiscoveryContext& context);

  Task<> run(TargetSink& sink, StopToken stop) final;

 protected:
  // All groups that there are now.
  virtual Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) = 0;

  const DiscoveryContext& context() const { return context_; }
  Duration interval() const { return interval_; }

 private:
  Task<> look(TargetSink& sink, StopToken stop);

  std::string mechanism_;
  Duration interval_;
  const DiscoveryContext& context_;
  Counter& failures_;
  Summary& durations_;
  Histogram& duration_histogram_;
};

// For validate(): an interval that could not be kept is refused.
Result<> validate_refresh_interval(Duration interval);

// The common case: one list of targets from one place.
std::vector<TargetGroup> single_group(std::string source, std::vector<Target> targets);

}  // namespace alloy::discovery
