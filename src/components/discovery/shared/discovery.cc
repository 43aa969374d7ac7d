// Runs discoverers and publishes their targets.
#include "components/discovery/shared/discovery.h"

#include <malloc.h>

#include "services/identity.h"
#include "services/live_debugging.h"

namespace alloy::discovery {
namespace {

// So long after the first news the list is published: a storm of changes becomes one.
constexpr Duration publish_delay = 1s;

// Whether reading that many left much free memory behind. It would lie about in the arena of
// whichever thread the refresh was on, and the next one is on another.
bool is_large_update(std::span<const TargetGroup> groups) {
  constexpr size_t large = 10'000;
  size_t size = 0;
  for (const TargetGroup& group : groups) size += group.targets.size();
  return size >= large;
}

void return_freed_memory() { malloc_trim(0); }

DiscoveryContext make_context(const Options& options, Summaries& summaries) {
  const auto* identity = options.services.find<Identity>();
  return {.executor = options.executor,
          .strand = options.strand,
          .clock = options.clock,
          .metrics = options.metrics,
          .services = options.services,
          .logger = options.logger,
          .user_agent = "Prometheus/" + (identity != nullptr ? identity->version : "unknown"),
          .summaries = summaries};
}

}  // namespace

void TargetSink::update(std::vector<TargetGroup> groups) {
  const bool is_large = is_large_update(groups);
  {
    std::lock_guard lock(mutex_);
    const bool changed = std::exchange(is_beginning_, false) ? groups_.replace(std::move(groups))
                                                             : groups_.update(std::move(groups));
    if (changed) changed_.notify();
  }
  if (is_large) return_freed_memory();
}

void TargetSink::replace(std::vector<TargetGroup> groups) {
  const bool is_large = is_large_update(groups);
  {
    std::lock_guard lock(mutex_);
    is_beginning_ = false;
    if (groups_.replace(std::move(groups))) changed_.notify();
  }
  if (is_large) return_freed_memory();
}

void TargetSink::report(Result<> result) {
  {
    std::lock_guard lock(mutex_);
    if (result && !problem_) return;
    problem_ = result ? std::nullopt : std::optional(std::move(result).error());
  }
  changed_.notify();
}

void TargetSink::begin() {
  std::lock_guard lock(mutex_);
  is_beginning_ = true;
}

std::vector<Target> TargetSink::list() const {
  std::lock_guard lock(mutex_);
  return groups_.list();
}

std::optional<Error> TargetSink::problem() const {
  std::lock_guard lock(mutex_);
  return problem_;
}

DiscoveryRunner::DiscoveryRunner(const Options& options, std::function<void(TargetList)> publish,
                                 std::function<void(std::string)> set_health)
    : summaries_(options.metrics, options.clock),
      context_(make_context(options, summaries_)),
      global_id_(options.global_id()),
      publish_(std::move(publish)),
      set_health_(std::move(set_health)) {}

void DiscoveryRunner::set(std::unique_ptr<Discoverer> discoverer) {
  next_ = std::move(discoverer);
  current_stop_.request_stop();
  has_next_.notify();
}

Task<> DiscoveryRunner::run(StopToken stop) {
  TaskGroup publisher(context_.strand, TaskGroup::Strands::shared);
  publisher.spawn(publish_changes(stop));
  while (!stop.stop_requested()) {
    if (next_ == nullptr) {
      co_await has_next_.wait(stop);
      continue;
    }
    const auto current = std::move(next_);
    current_stop_ = StopSource();
    const std::stop_callback pass_on(stop,
                                     [inner = current_stop_] mutable { inner.request_stop(); });
    sink_.begin();
    co_await current->run(sink_, current_stop_.get_token());
  }
  co_await publisher.join();
}

Task<> DiscoveryRunner::publish_changes(StopToken stop) {
  std::optional<TargetList> published;
  bool was_failing = false;
  while (co_await sink_.changed().wait(stop) == Wake::notified) {
    if (co_await context_.clock.sleep(publish_delay, stop) != Wake::elapsed) co_return;
    TargetList targets(sink_.list());
    if (!published || *published != targets) {
      published = targets;
      show(targets);
      publish_(std::move(targets));
    }
    // As the real program's, a discovery that can't look stays healthy; its message says so.
    if (const auto problem = sink_.problem()) {
      was_failing = true;
      set_health_("the last look for targets failed: " + problem->message());
    } else if (std::exchange(was_failing, false)) {
      set_health_("found targets");
    }
  }
}

// For live debugging.
void DiscoveryRunner::show(const TargetList& targets) const {
  auto* debugging = context_.services.find<LiveDebugging>();
  if (debugging == nullptr) return;
  const auto channel = debugging->channel(global_id_);
  if (!channel->is_watched()) return;
  LiveData data{.type = LiveDataType::target, .count = targets.size()};
  if (channel->is_read()) {
    std::string text = "[";
    for (const Target& target : targets) {
      if (text.size() > 1) text += " ";
      text += target.describe();
    }
    data.records = {text + "]"};
  }
  channel->publish(data);
}

}  // namespace alloy::discovery
