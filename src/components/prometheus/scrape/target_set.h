// The loops of a component: one for each target, kept as long as the target is.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/executor.h"
#include "component/component.h"
#include "components/prometheus/scrape/target_loop.h"
#include "signals/targets.h"

namespace alloy::prometheus::scrape {

class TargetSet {
 public:
  // `options` are those of the component, which outlives it as all others do.
  TargetSet(SeriesStore& store, MetricsFanout& receivers, ScrapeMetrics& metrics,
            const Options& options);
  ~TargetSet();

  // Starts loops for new targets, passes the settings to those that stay, and stops the others.
  // The series of those in `moved` go on elsewhere: they end without markers. `terms` says of each
  // target when it is to be scraped; empty: always. On the component's strand.
  void update(const TargetList& targets, std::span<const ClusterTerm> terms,
              const TargetDefaults& defaults, std::shared_ptr<const LoopSettings> settings,
              size_t target_limit, const TargetList& moved);

  // Lets the loops run until asked to stop. On the component's strand.
  Task<> run(StopToken stop);
  // The same in parts, for who waits for something else besides: changed() is notified when a loop
  // has come to its end, and reap() is due.
  void start();
  Event& changed() { return changed_; }
  void reap();
  Task<> finish();

  // Whether no loop is left, not even one that is coming to its end.
  bool is_idle() const;

  // Whose complaint, when changed() is notified, belongs into the component's health.
  const ShedScrapes& shed() const { return shed_; }

  // By URL. From any thread.
  std::vector<TargetStatus> statuses() const;

 private:
  using Loops = std::multimap<uint64_t, std::unique_ptr<TargetLoop>>;  // By the target's key.

  std::map<uint64_t, ScrapeTarget> resolve(const TargetList& targets,
                                           std::span<const ClusterTerm> terms,
                                           const TargetDefaults& defaults, size_t& failed);
  void add(uint64_t key, std::unique_ptr<TargetLoop> loop);

  Event changed_;
  ShedScrapes shed_;
  LoopEnvironment environment_;
  BufferPool<std::string> bodies_;
  BufferPool<IngestScratch> scratches_;
  TaskGroup tasks_;
  bool is_running_ = false;

  mutable std::mutex mutex_;  // Guards everything below.
  Loops loops_;
  std::vector<std::unique_ptr<TargetLoop>> ending_;
};

}  // namespace alloy::prometheus::scrape
