// What all discoveries share: the component around a discoverer. A discoverer looks for targets
// until it is asked to stop and hands over what it finds, group by group; the component exports the
// groups as one list, a second after the first news. Whatever goes wrong, the targets that were
// found last stay.
//
// To write one, define its arguments and
//   Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context);
// and name both in its ComponentType: .create = create<DiscoveryComponent<Arguments, make>>.
// RefreshDiscoverer (refresh.h) is the base of those that ask again and again.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "component/component.h"
#include "components/discovery/shared/summary.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery {

struct Exports {
  TargetList targets;

  static constexpr auto schema() {
    return fields(required<&Exports::targets>("targets", "The targets that were discovered."));
  }
};

// Takes what a discoverer finds. From any thread.
class TargetSink {
 public:
  // Groups that are new, have changed or (without targets) gone.
  void update(std::vector<TargetGroup> groups);
  // All groups that there are.
  void replace(std::vector<TargetGroup> groups);
  // How the last attempt to look went; the targets stay as they are.
  void report(Result<> result);

  // The rest is for the component. What comes next is from another discoverer: with its first
  // groups, those of the one before go.
  void begin();
  Event& changed() { return changed_; }
  std::vector<Target> list() const;
  std::optional<Error> problem() const;

 private:
  mutable std::mutex mutex_;  // Guards the members up to `changed_`.
  TargetGroups groups_;
  bool is_beginning_ = true;
  std::optional<Error> problem_;
  Event changed_;
};

class Discoverer {
 public:
  virtual ~Discoverer() = default;
  // Both outlive the call.
  virtual Task<> run(TargetSink& sink, StopToken stop) = 0;
};

// What a discoverer works with; everything in it lives as long as the component.
struct DiscoveryContext {
  Executor& executor;
  AnyExecutor strand;  // Where run() is called.
  Clock& clock;
  MetricRegistry& metrics;
  const Services& services;
  Logger logger;
  std::string user_agent;  // "Prometheus/v1.18.0": what discovery calls itself.
  Summaries& summaries;
};

// Runs one discoverer after the other, as arguments change, and publishes what they find.
class DiscoveryRunner {
 public:
  DiscoveryRunner(const Options& options, std::function<void(TargetList)> publish,
                  std::function<void(std::string)> set_health);

  const DiscoveryContext& context() const { return context_; }
  // From now on this one, instead of the one before. On the component's strand.
  void set(std::unique_ptr<Discoverer> discoverer);
  Task<> run(StopToken stop);

 private:
  Task<> publish_changes(StopToken stop);
  void show(const TargetList& targets) const;

  Summaries summaries_;
  DiscoveryContext context_;
  std::string global_id_;
  std::function<void(TargetList)> publish_;
  std::function<void(std::string)> set_health_;
  TargetSink sink_;
  std::unique_ptr<Discoverer> next_;
  Event has_next_;
  StopSource current_stop_;
};

template <class Arguments, auto make>
class DiscoveryComponent final : public ComponentWith<Arguments, Exports> {
 public:
  explicit DiscoveryComponent(Options options)
      : ComponentWith<Arguments, Exports>(std::move(options)),
        runner_(
            this->options(),
            [this](TargetList targets) { this->set_exports({.targets = std::move(targets)}); },
            [this](std::string message) { this->report_healthy(std::move(message)); }) {}

  Result<> update(Arguments arguments) override {
    TRY(auto discoverer, make(std::move(arguments), runner_.context()));
    runner_.set(std::move(discoverer));
    return {};
  }
  Task<> run(StopToken stop) override { return runner_.run(std::move(stop)); }

 private:
  DiscoveryRunner runner_;
};

}  // namespace alloy::discovery
