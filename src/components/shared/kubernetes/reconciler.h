// Keeps something outside in step with the resources of one kind in a cluster, of those namespaces
// that are selected: calls its owner whenever something has changed and at intervals, and again
// after a while where that failed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "component/component.h"
#include "components/shared/kubernetes/label_selector.h"
#include "components/shared/kubernetes/object_watch.h"

namespace alloy::kubernetes {

struct ReconcilerSettings {
  std::shared_ptr<ApiClient> cluster;
  const ObjectType* type = nullptr;
  LabelSelector resources;
  LabelSelector namespaces;
  Duration interval{};
};

// How the arguments call the interval.
inline Result<> check_sync_interval(Duration interval) {
  if (interval > Duration::zero()) return {};
  return fail("sync_interval must be greater than 0");
}

class Reconciler {
 public:
  enum class Reason : unsigned char { change, interval };
  // `cluster` outlives the call. After Reason::interval has failed, the next one is one again.
  using Step = std::function<Task<Result<>>(const ObjectWatch* cluster, Reason, StopToken)>;

  // Its metrics are `<prefix>_events_total` and the like.
  Reconciler(const alloy::Options& options, std::string metrics_prefix);

  // On the component's strand. Tells the component's health.
  Task<> run(ReconcilerSettings settings, Step step, StopToken stop);

 private:
  void count(std::string_view what, std::string_view help, std::string_view type);
  bool is_listed(ObjectWatch& cluster);
  void fail_event(const Error& error, std::string_view type, int tries);

  const alloy::Options& options_;
  const std::string metrics_prefix_;
};

}  // namespace alloy::kubernetes
