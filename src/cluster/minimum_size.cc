#include "cluster/minimum_size.h"

namespace alloy::cluster {

MinimumSize::MinimumSize(size_t size, Duration timeout, SteadyTime now)
    : size_(size), timeout_(timeout), state_(size == 0 ? State::ready : State::not_ready) {
  if (size > 0 && timeout > Duration::zero()) deadline_ = now + timeout;
}

MinimumSize::Change MinimumSize::update(size_t nodes, SteadyTime now) {
  if (nodes >= size_) {
    deadline_ = std::nullopt;
    if (state_ == State::ready) return Change::none;
    state_ = State::ready;
    return Change::reached;
  }
  if (state_ == State::ready) {
    state_ = State::not_ready;
    if (timeout_ > Duration::zero()) deadline_ = now + timeout_;
    return Change::lost;
  }
  if (state_ == State::not_ready && deadline_ && now >= *deadline_) {
    state_ = State::deadline_passed;
    deadline_ = std::nullopt;
    return Change::deadline_passed;
  }
  return Change::none;
}

}  // namespace alloy::cluster
