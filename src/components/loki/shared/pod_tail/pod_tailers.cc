#include "components/loki/shared/pod_tail/pod_tailers.h"

#include <charconv>

#include "components/loki/shared/saved_positions.h"
#include "components/shared/json.h"
#include "services/component_json.h"

namespace alloy::loki {
namespace {

constexpr Duration version_timeout = 30s;
constexpr Duration version_retry = 30s;

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

}  // namespace

struct PodTailers::Running {
  std::unique_ptr<PodTailer> tailer;
  StopSource stop;
  std::atomic<bool> has_ended = false;
};

std::map<std::string, std::string> as_map(const LabelSet& labels) {
  std::map<std::string, std::string> map;
  for (const Label& label : labels.labels()) map.emplace(label.name, label.value);
  return map;
}

bool misses_rotation(std::string_view git_version) {
  if (git_version.starts_with('v')) git_version.remove_prefix(1);
  int major = 0;
  int minor = 0;
  const char* end = git_version.data() + git_version.size();
  const auto first = std::from_chars(git_version.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return false;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return false;
  return major < 1 || (major == 1 && minor < 29);
}

PodTailers::PodTailers(const Options& options, std::shared_ptr<Forwarder> forwarder,
                       std::string metric)
    : executor_(options.executor),
      strand_(options.strand),
      environment_{.store = store_of(options),
                   .forwarder = std::move(forwarder),
                   .positions = nullptr,
                   .clock = options.clock,
                   .logger = options.logger,
                   .dropped_lines = options.metrics.counter(
                       std::move(metric), "Total number of lines that were left out.",
                       {{"reason", "out_of_order"}})},
      tasks_(options.executor.any()) {}

PodTailers::~PodTailers() = default;

void PodTailers::set_positions(std::shared_ptr<PositionsFile> positions) {
  environment_.positions = std::move(positions);
}

void PodTailers::update(std::shared_ptr<kubernetes::ApiClient> client, bool tail_from_end) {
  if (client != settings_.client) settings_ = {.client = std::move(client)};
  settings_.tail_from_end = tail_from_end;
  changed_.notify();
}

void PodTailers::update(WantedPods wanted) {
  wanted_ = std::move(wanted);
  changed_.notify();
}

Task<> PodTailers::run(StopToken stop) {
  TaskGroup saving(strand_, TaskGroup::Strands::shared);
  saving.spawn(keep_saving(environment_.positions, executor_, environment_.clock, stop));
  while (co_await changed_.wait(stop) == Wake::notified) co_await reconcile(stop);
  for (auto& [key, running] : running_) running->stop.request_stop();
  co_await tasks_.join();
  co_await saving.join();
  co_await save_at_last(environment_.positions, executor_);
}

Task<> PodTailers::reconcile(StopToken stop) {
  if (settings_.client == nullptr) co_return;
  const bool restarts_all = std::exchange(running_client_, settings_.client) != settings_.client;
  if (restarts_all) tasks_.spawn(learn_version(settings_, stop));
  const WantedPods wanted = wanted_;
  std::map<Key, const PodTarget*> by_key;
  for (const PodTarget& target : wanted.own) by_key.emplace(target.position_key(), &target);

  std::vector<Key> gone;
  for (const auto& [key, running] : running_)
    if (!by_key.contains(key) && !wanted.elsewhere.contains(key.path)) gone.push_back(key);
  co_await end_unwanted(by_key, restarts_all);
  if (stop.stop_requested()) co_return;
  // Those that only have other labels now go on from the old position, so this is before forget().
  for (const auto& [key, target] : by_key)
    if (!running_.contains(key)) start(*target, stop);
  for (const Key& key : gone) forget(key);
}

// Asks them to stop, and waits until they have: nobody may put a position when others go on from
// it.
Task<> PodTailers::end_unwanted(std::map<Key, const PodTarget*> wanted, bool restarts_all) {
  std::vector<Key> ending;
  for (auto& [key, running] : running_) {
    if (!restarts_all && wanted.contains(key)) continue;
    running->stop.request_stop();
    ending.push_back(key);
  }
  for (const Key& key : ending) {
    while (!running_.at(key)->has_ended) co_await ended_.wait({});
    const std::lock_guard lock(mutex_);
    running_.erase(key);
  }
}

void PodTailers::start(const PodTarget& target, StopToken stop) {
  auto running = std::make_unique<Running>();
  running->tailer = std::make_unique<PodTailer>(environment_, settings_, target);
  if (stop.stop_requested()) return;
  const std::lock_guard lock(mutex_);
  auto& place = running_[target.position_key()];
  place = std::move(running);
  tasks_.spawn(follow(place.get()));
}

void PodTailers::forget(const Key& key) {
  environment_.logger.info("removing entry from positions file",
                           {{"path", key.path}, {"labels", key.labels}});
  environment_.positions->remove(key);
  environment_.positions->remove(PodTailer::exact_key(key));
}

Task<> PodTailers::follow(Running* running) {
  co_await running->tailer->run(running->stop.get_token());
  running->has_ended = true;
  ended_.notify();
}

// Asks the server once; only old ones need more care.
Task<> PodTailers::learn_version(PodTailSettings settings, StopToken stop) {
  while (!stop.stop_requested()) {
    const auto body = co_await settings.client->get("/version", version_timeout, stop);
    if (body) {
      if (const auto document = JsonDocument::parse(*body))
        *settings.misses_rotation = misses_rotation(document->root()["gitVersion"].text());
      co_return;
    }
    co_await environment_.clock.sleep(version_retry, stop);
  }
}

std::vector<PodTargetInfo> PodTailers::infos() const {
  std::vector<PodTargetInfo> infos;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, running] : running_) {
    if (running->has_ended) continue;
    const PodTailer::Status status = running->tailer->status();
    const PodTarget& target = running->tailer->target();
    infos.push_back({.labels = as_map(target.labels),
                     .discovery_labels = as_map(target.discovered),
                     .last_error = status.last_error,
                     .update_time = format_local_time(status.last_entry)});
  }
  return infos;
}

}  // namespace alloy::loki
