// Large buffers that scrapes borrow one after another, so that there are as many as scrapes run at
// once, not as many as targets.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace alloy::prometheus::scrape {

template <class T>
class BufferPool {
 public:
  // Returns its buffer when destroyed; the pool must outlive it.
  class Lease {
   public:
    Lease(BufferPool& pool, std::unique_ptr<T> buffer) : pool_(&pool), buffer_(std::move(buffer)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (buffer_) pool_->put_back(std::move(buffer_));
    }
    T& operator*() const { return *buffer_; }
    T* operator->() const { return buffer_.get(); }

   private:
    BufferPool* pool_;
    std::unique_ptr<T> buffer_;
  };

  // Keeps at most `kept_max` buffers that nobody uses.
  explicit BufferPool(size_t kept_max) : kept_max_(kept_max) {}

  Lease borrow() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return {*this, std::make_unique<T>()};
    std::unique_ptr<T> buffer = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(buffer)};
  }

 private:
  void put_back(std::unique_ptr<T> buffer) {
    const std::lock_guard lock(mutex_);
    if (free_.size() < kept_max_) free_.push_back(std::move(buffer));
  }

  const size_t kept_max_;
  std::mutex mutex_;  // Guards everything below.
  std::vector<std::unique_ptr<T>> free_;
};

}  // namespace alloy::prometheus::scrape
