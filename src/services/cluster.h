// What components need of the cluster: which part of the work is theirs. Find it with
// options().services.find<Cluster>(). Without clustering this process owns everything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "cluster/ring.h"

namespace alloy {

// How the work is spread at one moment; never changes.
struct ClusterView {
  cluster::Ring ring;
  std::string self;
  bool is_ready = true;  // Otherwise nobody here is given any work.

  // Whether the key is ours. With nobody taking part everything is everybody's.
  bool owns(uint64_t key) const {
    if (!is_ready) return false;
    const std::string* owner = ring.owner(key);
    return owner == nullptr || *owner == self;
  }
};

class Cluster {
 public:
  // Keeps a listener; destroying it waits until a call in progress has returned.
  class Subscription {
   public:
    Subscription() = default;
    explicit Subscription(std::function<void()> remove) : remove_(std::move(remove)) {}
    Subscription(Subscription&& other) noexcept : remove_(std::exchange(other.remove_, nullptr)) {}
    Subscription& operator=(Subscription&& other) noexcept {
      if (remove_) remove_();
      remove_ = std::exchange(other.remove_, nullptr);
      return *this;
    }
    ~Subscription() {
      if (remove_) remove_();
    }

   private:
    std::function<void()> remove_;
  };

  virtual ~Cluster() = default;
  // From any thread.
  virtual std::shared_ptr<const ClusterView> view() const = 0;
  // `changed` is called after a change of the view, at most once a second; it must only queue.
  [[nodiscard]] virtual Subscription subscribe(std::function<void()> changed) = 0;
};

}  // namespace alloy
