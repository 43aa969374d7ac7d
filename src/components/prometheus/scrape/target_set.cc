// Which loops run.
#include "components/prometheus/scrape/target_set.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

namespace alloy::prometheus::scrape {

namespace {

// As many buffers as scrapes are worked on at once are worth keeping, and a few for those that are
// waiting for their target.
size_t buffers_kept() { return 2 + std::thread::hardware_concurrency(); }

}  // namespace

TargetSet::TargetSet(SeriesStore& store, MetricsFanout& receivers, ScrapeMetrics& metrics,
                     const Options& options)
    : shed_(metrics, options.logger, options.clock, changed_),
      environment_{.store = store,
                   .receivers = receivers,
                   .metrics = metrics,
                   .bodies = bodies_,
                   .scratches = scratches_,
                   .clock = options.clock,
                   .logger = options.logger,
                   .changed = changed_,
                   .shed = shed_,
                   .memory = options.services.find<MemoryBudget>(),
                   .gate = options.services.find<ScrapeGate>()},
      bodies_(buffers_kept()),
      scratches_(std::max(1U, std::thread::hardware_concurrency())),
      tasks_(options.executor.any()) {}

TargetSet::~TargetSet() = default;

std::map<uint64_t, ScrapeTarget> TargetSet::resolve(const TargetList& targets,
                                                    std::span<const ClusterTerm> terms,
                                                    const TargetDefaults& defaults,
                                                    size_t& failed) {
  std::map<uint64_t, ScrapeTarget> resolved;
  size_t index = 0;
  for (const Target& target : targets) {
    const ClusterTerm term = terms.empty() ? ClusterTerm() : terms[index++];
    auto scrape_target = make_scrape_target(target, defaults);
    if (scrape_target) {
      if (scrape_target->is_dropped) continue;
      scrape_target->term = term;
      const uint64_t key = scrape_target->key();
      resolved.try_emplace(key, *std::move(scrape_target));
      continue;
    }
    ++failed;
    environment_.logger.error("Creating target failed", {{"err", scrape_target.error()},
                                                         {"target", target.describe()},
                                                         {"scrape_pool", defaults.job}});
  }
  return resolved;
}

void TargetSet::update(const TargetList& targets, std::span<const ClusterTerm> terms,
                       const TargetDefaults& defaults, std::shared_ptr<const LoopSettings> settings,
                       size_t target_limit, const TargetList& moved) {
  const SteadyTime start_time = environment_.clock.steady();
  size_t failed = 0;
  auto wanted = resolve(targets, terms, defaults, failed);
  if (target_limit > 0 && wanted.size() > target_limit) {
    environment_.metrics.count_target_limit();
    auto forced = std::make_shared<LoopSettings>(*settings);
    forced->forced_error = fmt::format("target_limit exceeded (number of targets: {}, limit: {})",
                                       wanted.size(), target_limit);
    settings = std::move(forced);
  }
  environment_.metrics.set_targets(wanted.size(), target_limit);
  size_t ignored = 0;
  const auto elsewhere = resolve(moved, {}, defaults, ignored);

  const std::lock_guard lock(mutex_);
  Loops before = std::exchange(loops_, {});
  for (auto target = wanted.begin(); target != wanted.end();) {
    const auto loop = before.find(target->first);
    if (loop == before.end()) {
      ++target;
      continue;
    }
    loop->second->update(std::move(target->second), settings);
    loops_.insert(before.extract(loop));
    target = wanted.erase(target);
  }
  // What is left on both sides and has the same labels is the same target, reached in another way:
  // its series go on.
  std::multimap<uint64_t, Loops::iterator> by_labels;
  for (auto loop = before.begin(); loop != before.end(); ++loop) {
    by_labels.emplace(loop->second->labels().hash(), loop);
  }
  for (auto& [key, target] : wanted) {
    const auto same = by_labels.find(target.public_labels.hash());
    if (same == by_labels.end()) {
      add(key, std::make_unique<TargetLoop>(environment_, std::move(target), settings));
      continue;
    }
    auto loop = std::move(same->second->second);
    loop->update(std::move(target), settings);
    loops_.emplace(key, std::move(loop));
    before.erase(same->second);
    by_labels.erase(same);
  }
  for (auto& [key, loop] : before) {
    if (!is_running_) continue;  // It has never run.
    loop->stop(elsewhere.contains(key) ? TargetLoop::Ending::handed_over
                                       : TargetLoop::Ending::with_markers);
    ending_.push_back(std::move(loop));
  }
  const Duration took = environment_.clock.steady() - start_time;
  environment_.metrics.count_sync(std::chrono::duration<double>(took).count(), failed);
}

// Before start(), loops wait for it: who is never run never has to be stopped.
void TargetSet::add(uint64_t key, std::unique_ptr<TargetLoop> loop) {
  if (is_running_) tasks_.spawn(loop->run());
  loops_.emplace(key, std::move(loop));
}

void TargetSet::reap() {
  const std::lock_guard lock(mutex_);
  std::erase_if(ending_, [](const auto& loop) { return loop->has_returned(); });
}

Task<> TargetSet::run(StopToken stop) {
  start();
  while (co_await changed_.wait(stop) == Wake::notified) reap();
  co_await finish();
}

void TargetSet::start() {
  const std::lock_guard lock(mutex_);
  is_running_ = true;
  for (auto& [key, loop] : loops_) tasks_.spawn(loop->run());
}

Task<> TargetSet::finish() {
  {
    const std::lock_guard lock(mutex_);
    is_running_ = false;
    for (auto& [key, loop] : loops_) ending_.push_back(std::move(loop));
    loops_.clear();
    for (auto& loop : ending_) loop->stop(TargetLoop::Ending::at_once);
  }
  co_await tasks_.join();
  const std::lock_guard lock(mutex_);
  ending_.clear();
}

bool TargetSet::is_idle() const {
  const std::lock_guard lock(mutex_);
  return loops_.empty() &&
         std::ranges::all_of(ending_, [](const auto& loop) { return loop->has_returned(); });
}

std::vector<TargetStatus> TargetSet::statuses() const {
  std::vector<TargetStatus> statuses;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, loop] : loops_) statuses.push_back(loop->status());
  }
  std::ranges::sort(statuses, {}, &TargetStatus::url);
  return statuses;
}

}  // namespace alloy::prometheus::scrape
