// What of a file has been handed on and is not acknowledged yet. Its mark moves on as far as
// everything before has been.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "components/loki/source_file/read_marks.h"
#include "signals/delivery.h"

namespace alloy::loki::source_file {

// A stretch of a file.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

// From any thread.
class DeliveryLedger : public std::enable_shared_from_this<DeliveryLedger> {
 public:
  // Whatever marks the position outlives the ledger; `on_failure` is called, from any thread, when
  // there is a range to hand on again, until silence().
  DeliveryLedger(std::shared_ptr<ReadMarks> marks, ReadMark mark, std::function<void()> on_failure)
      : marks_(std::move(marks)),
        mark_(mark),
        committed_(mark.offset()),
        on_failure_(std::move(on_failure)) {}

  // For a range that follows the last one, or was taken from the failed ones.
  DeliveryPointer begin(Range range);
  // A range whose delivery has failed.
  std::optional<Range> take_failed();
  // Whether nothing is underway any more.
  bool is_settled() const;
  int64_t committed() const;
  // No more calls of `on_failure`.
  void silence();
  // The mark is about to be freed: nothing moves it any more.
  void abandon();

 private:
  enum class State : unsigned char { underway, failed, delivered };
  struct Entry {
    Range range;
    State state;
  };

  void settle(Range range, Delivery::Outcome outcome);

  const std::shared_ptr<ReadMarks> marks_;  // Keeps the mark's memory.
  mutable std::mutex mutex_;                // Guards everything below.
  std::optional<ReadMark> mark_;
  int64_t committed_;
  std::function<void()> on_failure_;
  std::deque<Entry> entries_;  // In the order of the file.
};

}  // namespace alloy::loki::source_file
