// A step of a pipeline: looks at a line, changes it, and passes it on to the next one, or doesn't.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "components/loki/process/run.h"

namespace alloy::loki::process {

class CustomMetrics;

// What a stage can use while it is made.
struct StageContext {
  NameTable& names;
  MetricRegistry& metrics;
  CustomMetrics& custom_metrics;
  Logger logger;
  SeriesStore& store;
  Clock& clock;
};

// Lines in and out of a stage, for debug info.
struct StageCounts {
  std::string name;
  uint64_t in = 0;
  uint64_t out = 0;
  uint64_t dropped = 0;
  std::string reason;  // Why lines were dropped; empty if none was.
};

// Stages are used by one thread at a time.
class Stage {
 public:
  explicit Stage(std::string_view name) : name_(name) {}
  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void accept(Line& line, Run& run) {
    ++in_;
    process(line, run);
  }
  void set_next(Stage& next) { next_ = &next; }

  // Lets go of lines that are held back and whose time has come; of all of them at the end.
  virtual void flush(SteadyTime /*now*/, Run& /*run*/) {}
  // When flush() has something to do; none: never.
  virtual std::optional<SteadyTime> deadline() const { return std::nullopt; }
  // The shortest time between a line and the deadline that it causes.
  virtual std::optional<Duration> wait_min() const { return std::nullopt; }
  // Holds back so much that no more lines may come for now.
  virtual bool is_full() const { return false; }
  // The stages inside.
  virtual void append_inner_counts(std::string_view /*path*/,
                                   std::vector<StageCounts>& /*out*/) const {}
  void append_counts(std::string_view path, size_t index, std::vector<StageCounts>& out) const;

 protected:
  virtual void process(Line& line, Run& run) = 0;

  void pass(Line& line, Run& run) {
    ++out_;
    next_->accept(line, run);
  }
  // The line ends here; the counter is the one of the reason.
  void drop(Counter& counter, std::string_view reason) {
    counter.add();
    note_drop(reason);
  }
  void note_drop(std::string_view reason) {
    ++dropped_;
    if (reason_.empty()) reason_ = reason;
  }
  Stage& next() { return *next_; }

 private:
  const std::string_view name_;
  Stage* next_ = nullptr;
  uint64_t in_ = 0;
  uint64_t out_ = 0;
  uint64_t dropped_ = 0;
  std::string reason_;
};

using StagePointer = std::unique_ptr<Stage>;

// loki_process_dropped_lines_total of a reason.
Counter& dropped_lines(MetricRegistry& metrics, std::string_view reason);

// What a stage reads: the line, or an extracted value.
class Source {
 public:
  // The line.
  Source() = default;
  Source(const std::optional<std::string>& name, StageContext& context) {
    if (name) id_ = context.names.add(*name);
  }
  bool is_line() const { return !id_.has_value(); }
  NameId id() const { return *id_; }
  // None if the value doesn't exist, or is no text.
  std::optional<std::string_view> text(const Line& line, Scratch& scratch) const {
    if (!id_) return line.text;
    const ExtractedValue& value = line.extracted[*id_];
    return value.is_absent() ? std::nullopt : value.as_text(scratch);
  }

 private:
  std::optional<NameId> id_;
};

// As Prometheus wants names of labels (letters, digits, underscores); any UTF-8 text but none.
bool is_legacy_label_name(std::string_view name);
bool is_label_name(std::string_view name);

}  // namespace alloy::loki::process
