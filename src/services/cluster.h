// What components need of the cluster: which part of the work is theirs. Find it with
// options().services.find<Cluster>(). Without clustering this process owns everything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cluster/ring.h"

namespace alloy {

// A part of time in which a piece of work is ours: `from` counts, `until` doesn't any more.
struct ClusterTerm {
  WallTime from = WallTime::min();
  WallTime until = WallTime::max();

  bool contains(WallTime when) const { return from <= when && when < until; }
  friend bool operator==(const ClusterTerm&, const ClusterTerm&) = default;
};

// How the work is spread at one moment, and how it will be as far as that is announced; never
// changes.
struct ClusterView {
  cluster::Ring ring;
  std::string self;
  bool is_ready = true;  // Otherwise nobody here is given any work.

  // From a moment on the work is spread differently. In order.
  struct Step {
    WallTime from;
    cluster::Ring ring;
  };
  std::vector<Step> steps = {};
  // Nodes that don't know of announcements: with them work changes hands at once.
  std::set<std::string, std::less<>> unannounced = {};

  // Whether the key is ours now. With nobody taking part everything is everybody's.
  bool owns(uint64_t key) const { return is_ready && is_self(ring.owner(key)); }

  // From when until when the key is ours; nothing while that is not in sight. For work at
  // intervals, where the old owner and the new one can divide the moments exactly between them.
  std::optional<ClusterTerm> term(uint64_t key) const;

 private:
  bool is_self(const std::string* owner) const { return owner == nullptr || *owner == self; }
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
  // `changed` is called after a change of the view; it must only queue. Changes that nobody
  // announced come at most once a second.
  [[nodiscard]] virtual Subscription subscribe(std::function<void()> changed) = 0;
};

}  // namespace alloy
