#include "components/loki/shared/pod_tail/line_rhythm.h"

#include <algorithm>

namespace alloy::loki {
namespace {

constexpr size_t gaps_max = 1000;
constexpr size_t gaps_min = 100;  // Fewer say nothing.
constexpr Duration average_min = 2s;
constexpr Duration average_unknown = 1h;
constexpr int patience = 3;

}  // namespace

void LineRhythm::note(SteadyTime now) {
  if (has_last_) {
    const Duration gap = now - last_;
    sum_ += gap;
    if (gaps_.size() < gaps_max) {
      gaps_.push_back(gap);
    } else {
      sum_ -= std::exchange(gaps_[next_], gap);
      next_ = (next_ + 1) % gaps_max;
    }
  }
  last_ = now;
  has_last_ = true;
}

Duration LineRhythm::average() const {
  if (gaps_.size() < gaps_min) return average_unknown;
  return std::max<Duration>(sum_ / static_cast<int64_t>(gaps_.size()), average_min);
}

bool LineRhythm::is_broken(SteadyTime now) const {
  return has_last_ && now - last_ > patience * average();
}

}  // namespace alloy::loki
