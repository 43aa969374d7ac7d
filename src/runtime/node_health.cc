#include "runtime/node_health.h"

#include <fmt/format.h>

namespace alloy::runtime {

NodeHealth::NodeHealth(const HealthWords& words, WallTime now)
    : words_(words),
      run_{HealthState::unknown, now, words.created},
      evaluation_{HealthState::unknown, now, words.created} {}

Health NodeHealth::Report::health() const {
  return {state, error ? fmt::format("{}: {}", words, *error) : std::string(words), updated};
}

void NodeHealth::evaluated(const Outcome& outcome, WallTime now) {
  Report report{HealthState::healthy, now, words_.evaluated};
  if (!outcome) {
    report.state = HealthState::unhealthy;
    report.words = words_.evaluation_failed;
    report.error = std::make_unique<const std::string>(outcome.error().message);
  }
  std::lock_guard lock(mutex_);
  evaluation_ = std::move(report);
}

void NodeHealth::started(WallTime now) {
  std::lock_guard lock(mutex_);
  run_ = {HealthState::healthy, now, words_.started};
}

void NodeHealth::ended(std::string_view error, WallTime now) {
  Report report{HealthState::exited, now, words_.ended};
  if (!error.empty()) {
    report.words = words_.ended_with_error;
    report.error = std::make_unique<const std::string>(error);
  }
  std::lock_guard lock(mutex_);
  run_ = std::move(report);
}

void NodeHealth::report(HealthState state, std::string message, WallTime now) {
  auto reported = std::make_unique<const Health>(Health{state, std::move(message), now});
  std::lock_guard lock(mutex_);
  reported_ = std::move(reported);
}

void NodeHealth::forget_report() {
  std::lock_guard lock(mutex_);
  reported_.reset();
}

Health NodeHealth::get() const {
  std::lock_guard lock(mutex_);
  const Health evaluation = evaluation_.health();
  const Health run = run_.health();
  const Health& worst = worse(evaluation, run);
  return reported_ ? worse(worst, *reported_) : worst;
}

}  // namespace alloy::runtime
