#include "net/deadline.h"

#include <boost/asio/steady_timer.hpp>

namespace alloy::net {
namespace asio = boost::asio;
using TimePoint = asio::steady_timer::time_point;

struct Deadline::State {
  State(AnyExecutor strand, std::function<void()> f)
      : timer(std::move(strand)), on_expired(std::move(f)) {}
  asio::steady_timer timer;
  std::function<void()> on_expired;
  TimePoint when = TimePoint::max();
  TimePoint armed_for = TimePoint::max();  // max: the timer is not running.
};

Deadline::Deadline(AnyExecutor strand, std::function<void()> on_expired)
    : state_(std::make_shared<State>(std::move(strand), std::move(on_expired))) {}

Deadline::~Deadline() {
  if (state_->on_expired) stop();
}

void Deadline::set(Duration limit) {
  if (limit <= Duration::zero()) return clear();
  state_->when = asio::steady_timer::clock_type::now() + limit;
  if (state_->when < state_->armed_for) arm(state_);
}

void Deadline::clear() { state_->when = TimePoint::max(); }

void Deadline::stop() {
  state_->on_expired = nullptr;
  state_->timer.cancel();
}

void Deadline::arm(const std::shared_ptr<State>& state) {
  state->armed_for = state->when;
  state->timer.expires_at(state->when);
  state->timer.async_wait([weak = std::weak_ptr(state)](boost::system::error_code error) {
    const auto alive = weak.lock();
    if (error || !alive || !alive->on_expired) return;
    alive->armed_for = TimePoint::max();
    if (alive->when == TimePoint::max()) return;
    if (alive->when > asio::steady_timer::clock_type::now()) return arm(alive);
    alive->when = TimePoint::max();
    alive->on_expired();
  });
}

}  // namespace alloy::net
