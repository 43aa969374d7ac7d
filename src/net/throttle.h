// Lets whoever reads a body hold its sender back: while the throttle is closed, nothing is taken
// from the connection, and the peer has to wait.
#pragma once

#include <functional>
#include <mutex>

namespace alloy::net {

// From any thread. For one request at a time.
class Throttle {
 public:
  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    if (!is_closed_) return;
    is_closed_ = false;
    if (resume_) resume_();
  }
  bool is_closed() const {
    const std::lock_guard lock(mutex_);
    return is_closed_;
  }
  // For the client: what to do when it opens; must not block, nor call the throttle. Null: nothing.
  void set_resume(std::function<void()> resume) {
    const std::lock_guard lock(mutex_);
    resume_ = std::move(resume);
  }

 private:
  mutable std::mutex mutex_;  // Guards everything below.
  bool is_closed_ = false;
  std::function<void()> resume_;
};

}  // namespace alloy::net
