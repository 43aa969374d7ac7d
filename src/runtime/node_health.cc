#include "runtime/node_health.h"

#include <fmt/format.h>

namespace alloy::runtime {

NodeHealth::NodeHealth(const HealthWords& words, WallTime now)
    : words_(words),
      run_{HealthState::unknown, std::string(words.created), now},
      evaluation_(run_) {}

void NodeHealth::evaluated(const Outcome& outcome, WallTime now) {
  Health health{HealthState::healthy, std::string(words_.evaluated), now};
  if (!outcome) {
    health.state = HealthState::unhealthy;
    health.message = fmt::format("{}: {}", words_.evaluation_failed, outcome.error().message);
  }
  std::lock_guard lock(mutex_);
  evaluation_ = std::move(health);
}

void NodeHealth::started(WallTime now) {
  std::lock_guard lock(mutex_);
  run_ = {HealthState::healthy, std::string(words_.started), now};
}

void NodeHealth::ended(std::string_view error, WallTime now) {
  std::lock_guard lock(mutex_);
  run_ = {HealthState::exited,
          error.empty() ? std::string(words_.ended)
                        : fmt::format("{}: {}", words_.ended_with_error, error),
          now};
}

void NodeHealth::report(HealthState state, std::string message, WallTime now) {
  std::lock_guard lock(mutex_);
  reported_ = Health{state, std::move(message), now};
}

void NodeHealth::forget_report() {
  std::lock_guard lock(mutex_);
  reported_.reset();
}

Health NodeHealth::get() const {
  std::lock_guard lock(mutex_);
  const Health& worst = worse(evaluation_, run_);
  return reported_ ? worse(worst, *reported_) : worst;
}

}  // namespace alloy::runtime
