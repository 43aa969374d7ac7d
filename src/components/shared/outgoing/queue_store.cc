#include "components/shared/outgoing/queue_store.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::outgoing {
namespace {

constexpr uint64_t bytes_max_upper = 16ull << 30;
constexpr uint64_t bytes_max_lower = 64ull << 20;

std::optional<std::pair<uint64_t, uint64_t>> parse_folder_name(std::string_view name) {
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  uint64_t number = 0;
  uint64_t settings = 0;
  const char* end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), name.data() + dash, number);
  const auto second = std::from_chars(name.data() + dash + 1, end, settings, 16);
  if (first.ptr != name.data() + dash || second.ptr != end || second.ec != std::errc()) {
    return std::nullopt;
  }
  return std::pair(number, settings);
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::ranges::find(list, text) != list.end();
}

}  // namespace

std::string EndpointIdentity::key() const { return fmt::format("{}\n{}\n{}", name, url, copy); }

EndpointIdentity EndpointIdentity::parse(std::string_view key) {
  const std::vector<std::string_view> parts = split(key, '\n');
  if (parts.size() != 3) return {};
  EndpointIdentity identity{.name = std::string(parts[0]), .url = std::string(parts[1])};
  std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), identity.copy);
  return identity;
}

std::vector<std::string> match_identities(const std::vector<EndpointIdentity>& identities,
                                          std::vector<std::string> old_keys) {
  std::vector<std::string> matches(identities.size());
  const auto match_by = [&](auto is_same) {
    for (size_t i = 0; i < identities.size(); ++i) {
      if (!matches[i].empty()) continue;
      const auto found = std::ranges::find_if(old_keys, [&](const std::string& key) {
        return is_same(identities[i], EndpointIdentity::parse(key));
      });
      if (found == old_keys.end()) continue;
      matches[i] = *found;
      old_keys.erase(found);
    }
  };
  using Identity = EndpointIdentity;
  match_by([](const Identity& a, const Identity& b) { return a.key() == b.key(); });
  match_by(
      [](const Identity& a, const Identity& b) { return !a.name.empty() && a.name == b.name; });
  match_by([](const Identity& a, const Identity& b) { return a.url == b.url; });
  const bool one_is_left = std::ranges::count(matches, "") == 1 && old_keys.size() == 1;
  if (one_is_left) match_by([](const Identity&, const Identity&) { return true; });
  return matches;
}

Result<std::unique_ptr<QueueStore>> QueueStore::open(Options options) {
  std::unique_ptr<QueueStore> store(new QueueStore(std::move(options)));
  TRY(store->options_.files->create_folder(store->options_.folder));
  TRY(const auto names, store->options_.files->list(store->options_.folder));
  const std::lock_guard lock(store->mutex_);
  for (const std::string& name : names) {
    const auto parsed = parse_folder_name(name);
    if (!parsed) continue;
    TRY(Entry * entry, store->add(parsed->first, parsed->second));
    queue::recover_open_batches(*entry->log, *store->options_.files, store->options_.logger,
                                store->options_.finish);
  }
  std::ranges::sort(store->entries_, {}, &Entry::number);
  return store;
}

// Half of what the disk could give, within bounds.
queue::LogLimits QueueStore::limits() const {
  queue::LogLimits limits{.age_max = options_.age_max};
  const auto free = options_.files->free_bytes(options_.folder);
  limits.bytes_max =
      std::clamp(free.value_or(bytes_max_upper) / 2, bytes_max_lower, bytes_max_upper);
  return limits;
}

Result<QueueStore::Entry*> QueueStore::add(uint64_t number, uint64_t settings) {
  TRY(auto log, queue::Log::open(
                    {.folder = fmt::format("{}/{:08}-{:016x}", options_.folder, number, settings),
                     .limits = limits(),
                     .files = options_.files,
                     .clock = &options_.clock,
                     .logger = options_.logger}));
  entries_.push_back({number, settings, std::move(log)});
  return &entries_.back();
}

std::vector<std::string> QueueStore::reader_keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  for (const Entry& entry : entries_) {
    for (std::string& key : entry.log->reader_keys()) {
      if (!contains(keys, key)) keys.push_back(std::move(key));
    }
  }
  return keys;
}

void QueueStore::rename_readers(const std::vector<std::string>& from,
                                const std::vector<std::string>& to) {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    for (const std::string& key : entry.log->reader_keys()) {
      if (!contains(from, key)) entry.log->remove_reader(key);
    }
    // In two steps, because names may be swapped.
    for (size_t i = 0; i < from.size(); ++i) {
      if (from[i].empty() || from[i] == to[i]) continue;
      entry.log->rename_reader(from[i], fmt::format("\n{}", to[i]));
    }
    for (const std::string& key : to) entry.log->rename_reader(fmt::format("\n{}", key), key);
  }
}

bool QueueStore::suits(const Entry& entry, const std::vector<std::string>& keys) const {
  for (const std::string& key : entry.log->reader_keys()) {
    if (!contains(keys, key)) return false;
  }
  for (const Entry& other : entries_) {
    if (other.number <= entry.number) continue;
    for (const std::string& key : other.log->reader_keys()) {
      if (contains(keys, key)) return false;
    }
  }
  return true;
}

Result<std::shared_ptr<queue::Log>> QueueStore::assign(uint64_t settings,
                                                       const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  Entry* chosen = nullptr;
  for (Entry& entry : entries_) {
    if (entry.settings != settings) continue;
    // Who has moved on and has nothing left here is no reason for a new queue.
    for (const std::string& key : entry.log->reader_keys()) {
      const bool is_through = entry.log->reader_stats(key).records_pending == 0;
      if (is_through && !contains(keys, key)) entry.log->remove_reader(key);
    }
    if (suits(entry, keys)) chosen = &entry;
  }
  if (chosen == nullptr) {
    const uint64_t number = entries_.empty() ? 1 : entries_.back().number + 1;
    TRY(chosen, add(number, settings));
  }
  for (const std::string& key : keys) chosen->log->add_reader(key);
  return chosen->log;
}

std::vector<std::shared_ptr<queue::Log>> QueueStore::queues_of(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<queue::Log>> queues;
  for (const Entry& entry : entries_) {
    if (contains(entry.log->reader_keys(), key)) queues.push_back(entry.log);
  }
  return queues;
}

void QueueStore::set_current(std::vector<std::shared_ptr<queue::Log>> logs) {
  const std::lock_guard lock(mutex_);
  current_ = std::move(logs);
  remove_orphans();
}

void QueueStore::finish(const std::shared_ptr<queue::Log>& log, const std::string& key) {
  const std::lock_guard lock(mutex_);
  log->remove_reader(key);
  remove_orphans();
}

void QueueStore::remove_orphans() {
  std::erase_if(entries_, [&](const Entry& entry) {
    if (!entry.log->reader_keys().empty()) return false;
    if (std::ranges::find(current_, entry.log) != current_.end()) return false;
    const auto removed = queue::Log::destroy(*options_.files, entry.log->folder());
    if (!removed) {
      options_.logger.warn("cannot remove an old queue", {{"err", removed.error()}});
    }
    return true;
  });
}

void QueueStore::set_age_max(Duration age_max) {
  const std::lock_guard lock(mutex_);
  options_.age_max = age_max;
}

void QueueStore::tidy() {
  for (const auto& log : logs()) {
    log->tidy();
  }
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    // The disk's room changes; what the queue has already is its own.
    queue::LogLimits fresh = limits();
    fresh.bytes_max = std::min(bytes_max_upper, fresh.bytes_max + entry.log->stats().bytes / 2);
    entry.log->set_limits(fresh);
  }
}

std::vector<std::shared_ptr<queue::Log>> QueueStore::logs() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<queue::Log>> logs;
  for (const Entry& entry : entries_) logs.push_back(entry.log);
  return logs;
}

}  // namespace alloy::outgoing
