// The targets of the component that are being read: follows what the arguments and the file system
// say, keeps positions.yml, counts.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "components/loki/source_file/arguments.h"
#include "components/loki/source_file/tail_queue.h"

namespace alloy::loki::source_file {

// What the targets of a component live on. Outlives them.
struct TargetsOptions {
  Executor& executor;
  Clock& clock;
  Logger logger;
  SeriesStore& store;
  LogsFanout& fanout;
  FileEvents* events = nullptr;
  std::shared_ptr<ReadMarks> marks;
  std::unique_ptr<PositionsFile> positions;
};

class TailedTargets {
 public:
  explicit TailedTargets(TargetsOptions options);

  // Begins, goes on with and ends targets. Not twice at the same time. Blocks. False if a target
  // has to wait until its predecessor is gone: ask again soon.
  bool reconcile(const Arguments& arguments);
  // Brings positions.yml up to date. Blocks.
  void save_positions();
  // Reads until asked to stop.
  Task<> run(StopToken stop) { return queue_.run(std::move(stop)); }

  // From any thread.
  DebugInfo debug_info() const;
  void collect(MetricFamilies& families) const;

 private:
  using Labels = std::map<PositionKey, LabelSet>;  // Of each wanted target.

  TailEnvironment make_environment();
  Labels find_wanted(const Arguments& arguments);
  std::vector<std::string> paths_besides(const Labels& wanted) const;
  void relabel(const Labels& wanted);
  SeriesRef series_of(const PositionKey& key, const LabelSet& labels) const;
  void retire_others(const Labels& wanted);
  std::vector<std::shared_ptr<Tail>> begin_new(const Arguments& arguments, const Labels& wanted);
  void forget(const std::shared_ptr<Tail>& tail);

  TargetsOptions options_;
  OpenFiles open_files_;
  TailQueue queue_;
  const TailEnvironment environment_;
  const Arguments* previous_ = nullptr;  // Only to compare; only for reconcile().
  bool is_complete_ = true;              // What reconcile() returns.
  std::set<std::string> reported_;       // Patterns that can't be understood; only for reconcile().

  mutable std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<const TailSettings> settings_;
  std::map<PositionKey, std::shared_ptr<Tail>> tails_;
  std::set<std::shared_ptr<Tail>> retired_;
};

}  // namespace alloy::loki::source_file
