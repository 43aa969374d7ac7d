// How much of what others are sending is held at a time, over all of them: whoever opens many
// requests and never completes one must not cost memory without limit.
#pragma once

#include <atomic>
#include <cstddef>

namespace alloy::cluster {

class InboundBudget {
 public:
  InboundBudget(size_t requests_max, size_t bytes_max)
      : requests_max_(requests_max), bytes_max_(bytes_max) {}

  // One request's share, given back at its end. Of any thread, each share of one at a time.
  class Share {
   public:
    explicit Share(InboundBudget& budget)
        : budget_(budget), has_place_(budget.requests_++ < budget.requests_max_) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      budget_.bytes_ -= bytes_;
      --budget_.requests_;
    }

    // False: too many requests at a time.
    bool has_place() const { return has_place_; }
    // Says how much is held now; false if that is too much together with everybody else's. What is
    // small is always taken, so that large requests don't keep out everything else.
    bool hold(size_t bytes) {
      bytes = bytes > small_bytes ? bytes : 0;
      const size_t total = budget_.bytes_ += bytes - bytes_;
      bytes_ = bytes;
      return bytes == 0 || total <= budget_.bytes_max_;
    }

   private:
    static constexpr size_t small_bytes = 16 << 10;

    InboundBudget& budget_;
    size_t bytes_ = 0;
    bool has_place_;
  };

 private:
  size_t requests_max_;
  size_t bytes_max_;
  std::atomic<size_t> requests_ = 0;
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace alloy::cluster
