// Acknowledgement from end to end: a source learns when the log entries it handed on are durable.
//
// A batch may carry a Delivery. Whoever keeps entries beyond the call that brought them keeps the
// delivery too, until those entries are durable (in a queue on disk) or sent. Its last reference
// going away settles it; only then does the source commit its position. Who loses entries on the
// way says fail() before letting go. Entries that somebody was configured to drop are settled.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace alloy {

class Delivery;
using DeliveryPointer = std::shared_ptr<Delivery>;

class Delivery {
 public:
  enum class Outcome : unsigned char {
    delivered,
    failed,  // Not (all) entries are durable: the source hands them on again.
  };
  // Called once, from the thread that lets go last, which may be inside receive(): it only notes
  // the outcome.
  using Settled = std::move_only_function<void(Outcome)>;

  static DeliveryPointer create(Settled settled);
  // For a batch made of entries of several earlier ones: settles all of them with the same outcome.
  // Null where all of them are.
  static DeliveryPointer join(std::vector<DeliveryPointer> deliveries);

  explicit Delivery(Settled settled) : settled_(std::move(settled)) {}
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Says that the source hands on nothing more until this is settled: who waits for more lines (the
  // rest of a block) must not keep it meanwhile. Before anybody else has it.
  void set_source_waits() { source_waits_ = true; }
  bool source_waits() const { return source_waits_; }

  void fail() { failed_.store(true, std::memory_order_relaxed); }
  bool has_failed() const { return failed_.load(std::memory_order_relaxed); }

  // For LogsFanout: which receivers have taken the batch already, when others refused it and the
  // source hands it on again. So that this works, whoever passes entries on makes at most one batch
  // with the delivery that it was given, or gives each batch a delivery of its own that holds it.
  bool is_taken_by(const void* receiver) const;
  void mark_taken_by(std::shared_ptr<const void> receiver);

 private:
  Settled settled_;
  bool source_waits_ = false;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> is_partly_taken_ = false;  // Whether the list below has anything.
  mutable std::mutex mutex_;                   // Guards everything below.
  std::vector<std::shared_ptr<const void>> taken_by_;
};

}  // namespace alloy
