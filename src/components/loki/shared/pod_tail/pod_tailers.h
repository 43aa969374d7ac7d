// The tailers of a component: one for each container that is wanted.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "component/component.h"
#include "components/loki/shared/pod_tail/pod_tailer.h"

namespace alloy::loki {

// A container as debug_info() shows it.
struct PodTargetInfo {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> discovery_labels;
  std::string last_error;
  std::string update_time;

  static constexpr auto schema() {
    using T = PodTargetInfo;
    return fields(
        optional<&T::labels>("labels", "The labels of its entries."),
        optional<&T::discovery_labels>("discovery_labels", "Its labels as they were found."),
        optional<&T::last_error>("last_error", "Why it could not be read."),
        optional<&T::update_time>("update_time", "When the last entry or error was."));
  }
};

std::map<std::string, std::string> as_map(const LabelSet& labels);

// Which containers are to be read.
struct WantedPods {
  std::vector<PodTarget> own;
  // Paths of the positions of those that other nodes read now: they are kept, for when these
  // containers come back to us.
  std::set<std::string> elsewhere;
};

class PodTailers {
 public:
  PodTailers(const Options& options, std::shared_ptr<Forwarder> forwarder, std::string metric);
  ~PodTailers();

  // Both on the component's strand. The first must have been called before run().
  void set_positions(std::shared_ptr<PositionsFile> positions);
  // Takes effect at once for those that run, too.
  void update(std::shared_ptr<kubernetes::ApiClient> client, bool tail_from_end);
  void update(WantedPods wanted);

  // Until asked to stop. On the component's strand.
  Task<> run(StopToken stop);

  // Of those that are being read. From any thread.
  std::vector<PodTargetInfo> infos() const;

 private:
  struct Running;
  using Key = PositionKey;

  Task<> reconcile(StopToken stop);
  Task<> end_unwanted(std::map<Key, const PodTarget*> wanted, bool restarts_all);
  void start(const PodTarget& target, StopToken stop);
  void forget(const Key& key);
  Task<> follow(Running* running);
  Task<> learn_version(PodTailSettings settings, StopToken stop);

  Executor& executor_;
  const AnyExecutor strand_;
  PodTailEnvironment environment_;
  PodTailSettings settings_;
  std::shared_ptr<kubernetes::ApiClient> running_client_;  // That of those that run.
  WantedPods wanted_;
  TaskGroup tasks_;  // Each on a strand of its own.
  Event changed_;
  Event ended_;

  mutable std::mutex mutex_;  // Guards the keys of the next one.
  std::map<Key, std::unique_ptr<Running>> running_;
};

// Whether a server of this version ("v1.28.3") goes on with a log that was rotated only when it is
// asked anew.
bool misses_rotation(std::string_view git_version);

}  // namespace alloy::loki
