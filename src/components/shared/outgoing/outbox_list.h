// The outboxes that a writer's receiver hands its batches to, and how they change under it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/error.h"

namespace alloy::outgoing {

template <class Outbox>
class OutboxList {
 public:
  using Outboxes = std::vector<std::shared_ptr<Outbox>>;

  // `display` is how the receiver is called in errors.
  explicit OutboxList(std::string display) : display_(std::move(display)) {}

  // Calls `pass` with the outboxes, which stay the same meanwhile; an error once it is closed.
  template <class Pass>
  Result<> use(Pass pass) const {
    const std::shared_lock lock(mutex_);
    if (is_closed_) return fail(display_ + " has exited", ErrorKind::stopped);
    return pass(outboxes_);
  }
  // Runs `make` while nobody uses them, and goes on with what it returns.
  void change(const std::function<Outboxes(const Outboxes&)>& make) {
    const std::unique_lock lock(mutex_);
    outboxes_ = make(outboxes_);
  }
  // Lets go of them, and nobody uses any from now on.
  void close() {
    const std::unique_lock lock(mutex_);
    is_closed_ = true;
    outboxes_.clear();
  }
  Outboxes all() const {
    const std::shared_lock lock(mutex_);
    return outboxes_;
  }
  const std::string& display() const { return display_; }

 private:
  const std::string display_;
  mutable std::shared_mutex mutex_;  // Held for reading while they are used. Guards the following.
  Outboxes outboxes_;
  bool is_closed_ = false;
};

}  // namespace alloy::outgoing
