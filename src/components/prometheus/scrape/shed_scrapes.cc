#include "components/prometheus/scrape/shed_scrapes.h"

#include <algorithm>

namespace alloy::prometheus::scrape {
namespace {

// One that was left out is forgotten after so many intervals of its target, and no sooner than
// this.
constexpr int intervals_remembered = 3;
constexpr Duration remembered_min = 30s;
constexpr Duration said_every = 1min;

std::string_view because(ShedReason reason) {
  return reason == ShedReason::memory ? "memory is short" : "there is more to scrape than time";
}

}  // namespace

ShedScrapes::ShedScrapes(ScrapeMetrics& metrics, Logger logger, Clock& clock, Event& changed)
    : metrics_(metrics), logger_(std::move(logger)), clock_(clock), changed_(changed) {}

void ShedScrapes::count(ShedReason reason, Duration interval) {
  metrics_.count_shed(reason);
  const SteadyTime now = clock_.steady();
  uint64_t to_say = 0;
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    is_news = over_at_ <= now || reason_ != reason;
    over_at_ = std::max(over_at_, now + std::max(remembered_min, intervals_remembered * interval));
    reason_ = reason;
    ++unsaid_;
    if (said_at_ == SteadyTime() || now - said_at_ >= said_every) {
      to_say = std::exchange(unsaid_, 0);
      said_at_ = now;
    }
  }
  if (is_news) changed_.notify();
  if (to_say == 0) return;
  logger_.warn("Scrapes are left out", {{"reason", name_of(reason)}, {"count", to_say}});
}

std::string ShedScrapes::complaint() const {
  const std::lock_guard lock(mutex_);
  if (over_at_ <= clock_.steady()) return {};
  return "scrapes are left out: " + std::string(because(reason_));
}

}  // namespace alloy::prometheus::scrape
