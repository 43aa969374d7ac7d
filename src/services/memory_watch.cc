#include "services/memory_watch.h"

#include <algorithm>

namespace alloy {
namespace {

constexpr Duration look_interval = 250ms;
// Giving back is not free: if it doesn't help, it is done ever more rarely.
constexpr Duration relief_interval_min = 1s;
constexpr Duration relief_interval_max = 1min;
// While the level changes to and fro, the log is told so often.
constexpr Duration said_every = 30s;

}  // namespace

MemoryWatch::MemoryWatch(MemoryBudget& budget, Clock& clock, Logger logger,
                         std::function<void()> trim)
    : budget_(budget), clock_(clock), logger_(std::move(logger)), trim_(std::move(trim)) {}

void MemoryWatch::register_metrics(MetricRegistry& metrics) {
  metrics.function("alloy_memory_limit_bytes",
                   "What the program may use of memory; 0: there is no limit.", MetricType::gauge,
                   [this] { return static_cast<double>(budget_.limit()); });
  metrics.function("alloy_memory_level",
                   "How near the limit is: 0 plenty, 1 tight, 2 high (pushes are refused), 3 full "
                   "(scrapes of new targets are left out, log sources wait), 4 over.",
                   MetricType::gauge, [this] { return static_cast<double>(budget_.level()); });
  metrics.function("alloy_memory_given_back_total",
                   "How often caches were given up because memory was tight.", MetricType::counter,
                   [this] { return relieved_.value(); });
}

void MemoryWatch::say(MemoryLevel level, SteadyTime now) {
  if (level == said_ || (level < said_ && level != MemoryLevel::plenty)) return;
  if (said_at_ != SteadyTime() && now - said_at_ < said_every) return;
  said_ = level;
  said_at_ = now;
  const auto report = [&](LogLevel severity, std::string_view what) {
    logger_.log(severity, what,
                {{"level", name_of(level)},
                 {"used_bytes", budget_.used()},
                 {"limit_bytes", budget_.limit()}});
  };
  if (level == MemoryLevel::plenty) return report(LogLevel::info, "There is enough memory again");
  if (level == MemoryLevel::tight) return report(LogLevel::info, "Memory is tight");
  report(LogLevel::warn, "Memory is short, load is shed");
}

bool MemoryWatch::look() {
  const MemoryLevel level = budget_.level();
  const SteadyTime now = clock_.steady();
  say(level, now);
  if (level == MemoryLevel::plenty) {
    relieved_level_ = level;
    return false;
  }
  const bool is_worse = level > relieved_level_;
  if (is_worse) {
    relief_interval_ = relief_interval_min;
  } else if (now - relieved_at_ < relief_interval_) {
    return false;
  } else {
    relief_interval_ = std::min(2 * relief_interval_, relief_interval_max);
  }
  relieved_level_ = level;
  relieved_at_ = now;
  return true;
}

void MemoryWatch::give_back() {
  relieved_.add();
  budget_.give_back();
  trim_();
}

Task<> MemoryWatch::run(AnyExecutor blocking, StopToken stop) {
  if (budget_.limit() == 0) co_return;
  while (co_await clock_.sleep(look_interval, stop) == Wake::elapsed) {
    if (look()) co_await run_blocking(blocking, [this] { give_back(); });
  }
}

}  // namespace alloy
