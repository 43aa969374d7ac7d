// From what is used to how near that is to the limit.
#include "base/memory_budget.h"

#include <algorithm>

namespace alloy {
namespace {

constexpr Duration measured_every = 10ms;

// Percent of the limit at which a level begins, and below which it has ended.
struct Bounds {
  uint64_t begin;
  uint64_t end;
};
constexpr Bounds bounds[] = {{0, 0}, {80, 76}, {88, 84}, {93, 90}, {98, 96}};

uint64_t percent(uint64_t limit, uint64_t share) { return limit / 100 * share; }

}  // namespace

std::string_view name_of(MemoryLevel level) {
  constexpr std::string_view names[] = {"plenty", "tight", "high", "full", "over"};
  return names[static_cast<size_t>(level)];
}

MemoryBudget::MemoryBudget(uint64_t limit, Clock& clock, std::function<uint64_t()> used)
    : limit_(limit), clock_(clock), read_used_(std::move(used)) {}

MemoryLevel MemoryBudget::level() {
  if (limit_ == 0) return MemoryLevel::plenty;
  const int64_t now = clock_.steady().time_since_epoch().count();
  int64_t due = due_ns_.load(std::memory_order_relaxed);
  if (now >= due && due_ns_.compare_exchange_strong(due, now + measured_every.count())) measure();
  return level_.load(std::memory_order_relaxed);
}

void MemoryBudget::measure() {
  const uint64_t used = read_used_();
  used_bytes_.store(used, std::memory_order_relaxed);
  size_t reached = 0;
  size_t kept = 0;
  for (size_t i = 0; i < std::size(bounds); ++i) {
    if (used >= percent(limit_, bounds[i].begin)) reached = i;
    if (used >= percent(limit_, bounds[i].end)) kept = i;
  }
  const auto now = static_cast<size_t>(level_.load(std::memory_order_relaxed));
  level_.store(static_cast<MemoryLevel>(std::clamp(now, reached, kept)), std::memory_order_relaxed);
}

uint64_t MemoryBudget::room() {
  if (limit_ == 0) return UINT64_MAX;
  level();
  const uint64_t most = percent(limit_, bounds[static_cast<size_t>(MemoryLevel::over)].begin);
  return most - std::min(most, used());
}

std::shared_ptr<void> MemoryBudget::on_tight(std::function<void()> give_back) {
  struct Entry {
    std::shared_ptr<Registry> registry;
    Callbacks::iterator place;
    ~Entry() {
      const std::lock_guard lock(registry->mutex);
      registry->callbacks.erase(place);
    }
  };
  const std::lock_guard lock(registry_->mutex);
  registry_->callbacks.push_back(std::move(give_back));
  return std::make_shared<Entry>(registry_, std::prev(registry_->callbacks.end()));
}

void MemoryBudget::give_back() {
  const std::lock_guard lock(registry_->mutex);
  for (const auto& callback : registry_->callbacks) callback();
}

}  // namespace alloy
