// The stages of a loki.process, compiled: one behind the other, and at the end the batch's output.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "components/loki/process/stage.h"
#include "components/loki/process/stage_arguments.h"

namespace alloy::loki::process {

// Several stages in a row; the last one passes on to whatever comes behind them.
class StageChain {
 public:
  static Result<StageChain> create(std::span<const StageArguments> arguments,
                                   StageContext& context);

  // Where lines enter; `end` if there are no stages.
  Stage& connect(Stage& end);
  void flush(SteadyTime now, Run& run);
  std::optional<SteadyTime> deadline() const;
  std::optional<Duration> wait_min() const;
  bool is_full() const;
  void append_counts(std::string_view path, std::vector<StageCounts>& out) const;

 private:
  std::vector<StagePointer> stages_;
};

class Pipeline {
 public:
  // What the context's names refer to is made by the pipeline itself.
  static Result<std::unique_ptr<Pipeline>> create(std::span<const StageArguments> arguments,
                                                  MetricRegistry& metrics,
                                                  CustomMetrics& custom_metrics, Logger logger,
                                                  SeriesStore& store, Clock& clock);
  ~Pipeline();

  // One thread at a time. Appends what comes through to the run's output.
  void process(const LogBatch& batch, Run& run);
  void flush(SteadyTime now, Run& run) { chain_.flush(now, run); }

  std::optional<SteadyTime> deadline() const { return chain_.deadline(); }
  std::optional<Duration> wait_min() const { return chain_.wait_min(); }
  bool is_full() const { return chain_.is_full(); }
  std::vector<StageCounts> counts() const;

 private:
  class Output;
  Pipeline();

  NameTable names_;
  StageChain chain_;
  std::unique_ptr<Output> output_;
  Stage* first_ = nullptr;
};

}  // namespace alloy::loki::process
