// What working on one batch needs: memory, buffers, the time. Reused from batch to batch.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "components/loki/process/line.h"
#include "signals/delivery.h"

namespace alloy::loki::process {

class Run {
 public:
  Run(SeriesStore& store, Clock& clock) : series(store), clock_(clock) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Forgets the last batch.
  void begin(DeliveryPointer of_batch) {
    out.clear();
    released.clear();
    scratch.reset();
    series.trim();
    delivery = std::move(of_batch);
    wall_ns_ = 0;
  }

  // The time of day, asked for at most once a batch.
  int64_t wall_ns() {
    if (wall_ns_ == 0) wall_ns_ = clock_.wall().time_since_epoch().count();
    return wall_ns_;
  }
  SteadyTime steady() const { return clock_.steady(); }
  Clock& clock() { return clock_; }

  // Another line, for stages that make lines; gives it back when it is destroyed.
  class BorrowedLine {
   public:
    explicit BorrowedLine(Run& run) : run_(run) {
      if (run.lines_used_ == run.lines_.size()) run.lines_.push_back(std::make_unique<Line>());
      line_ = run.lines_[run.lines_used_++].get();
    }
    ~BorrowedLine() { --run_.lines_used_; }
    BorrowedLine(const BorrowedLine&) = delete;
    BorrowedLine& operator=(const BorrowedLine&) = delete;
    Line& operator*() { return *line_; }
    Line* operator->() { return line_; }

   private:
    Run& run_;
    Line* line_;
  };

  Scratch scratch;
  SeriesCache series;
  std::vector<LogEntry> out;  // The lines that have come through.
  DeliveryPointer delivery;   // Of the batch.
  // What a line waits with that needs more lines: a source that hands on nothing more until this
  // one is acknowledged would never bring them.
  DeliveryPointer delivery_of_open_block() const {
    return delivery != nullptr && delivery->source_waits() ? nullptr : delivery;
  }
  std::vector<DeliveryPointer> released;  // Of lines that were held back earlier.

 private:
  Clock& clock_;
  int64_t wall_ns_ = 0;
  std::vector<std::unique_ptr<Line>> lines_;
  size_t lines_used_ = 0;
};

// A line that a stage keeps beyond its batch, with a copy of everything.
class HeldLine {
 public:
  HeldLine(const Line& line, const DeliveryPointer& delivery);

  // Copies it into `line`, its texts into the memory of the run, and hands over its deliveries.
  void restore(Line& line, const NameTable& names, Run& run);
  // Only the latter.
  void restore_deliveries(Run& run);
  // Makes a delivery wait for this line, too.
  void hold(const DeliveryPointer& delivery);
  // Those of another line wait for this one instead.
  void take_deliveries(HeldLine& other);

  std::string text;  // May grow.

 private:
  void copy_to(Line& line, const NameTable& names, Run& run) const;

  Scratch memory_;
  std::vector<Label> labels_;
  int64_t timestamp_ns_ = 0;
  std::vector<Label> metadata_;
  std::vector<Label> parsed_;
  std::vector<std::pair<std::string_view, ExtractedValue>> extracted_;
  std::vector<DeliveryPointer> deliveries_;
};

}  // namespace alloy::loki::process
