// Compiles stages, and runs lines through them.
#include "components/loki/process/pipeline.h"

#include <algorithm>

namespace alloy::loki::process {

Result<StageChain> StageChain::create(std::span<const StageArguments> arguments,
                                      StageContext& context) {
  StageChain chain;
  for (const StageArguments& stage : arguments) {
    auto made = make_stage(stage, context);
    if (!made) return fail("invalid stage config " + made.error().message());
    chain.stages_.push_back(*std::move(made));
  }
  return chain;
}

Stage& StageChain::connect(Stage& end) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    stages_[i]->set_next(i + 1 < stages_.size() ? *stages_[i + 1] : end);
  }
  return stages_.empty() ? end : *stages_.front();
}

void StageChain::flush(SteadyTime now, Run& run) {
  for (const StagePointer& stage : stages_) stage->flush(now, run);
}

std::optional<SteadyTime> StageChain::deadline() const {
  std::optional<SteadyTime> earliest;
  for (const StagePointer& stage : stages_) {
    const auto deadline = stage->deadline();
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  }
  return earliest;
}

std::optional<Duration> StageChain::wait_min() const {
  std::optional<Duration> shortest;
  for (const StagePointer& stage : stages_) {
    const auto wait = stage->wait_min();
    if (wait && (!shortest || *wait < *shortest)) shortest = wait;
  }
  return shortest;
}

bool StageChain::is_full() const {
  return std::ranges::any_of(stages_, [](const StagePointer& stage) { return stage->is_full(); });
}

void StageChain::append_counts(std::string_view path, std::vector<StageCounts>& out) const {
  for (size_t i = 0; i < stages_.size(); ++i) stages_[i]->append_counts(path, i, out);
}

// The end of all stages: lines become entries again.
class Pipeline::Output final : public Stage {
 public:
  Output() : Stage("output") {}

  void process(Line& line, Run& run) override {
    const Series* series = line.labels.base();
    if (series == nullptr) series = run.series.find(line.labels.get(), line.labels.hash());
    run.out.push_back({.labels = series,
                       .timestamp_ns = line.timestamp_ns,
                       .line = line.text,
                       .structured_metadata = line.metadata,
                       .parsed = line.parsed});
  }
};

Pipeline::Pipeline() : output_(std::make_unique<Output>()) {}
Pipeline::~Pipeline() = default;

Result<std::unique_ptr<Pipeline>> Pipeline::create(std::span<const StageArguments> arguments,
                                                   MetricRegistry& metrics,
                                                   CustomMetrics& custom_metrics, Logger logger,
                                                   SeriesStore& store, Clock& clock) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline);
  StageContext context{.names = pipeline->names_,
                       .metrics = metrics,
                       .custom_metrics = custom_metrics,
                       .logger = std::move(logger),
                       .store = store,
                       .clock = clock};
  TRY(pipeline->chain_, StageChain::create(arguments, context));
  pipeline->first_ = &pipeline->chain_.connect(*pipeline->output_);
  return pipeline;
}

void Pipeline::process(const LogBatch& batch, Run& run) {
  Run::BorrowedLine line(run);
  for (const LogEntry& entry : batch.entries) {
    line->labels.reset(entry.labels, run.series.labels_of(*entry.labels));
    line->timestamp_ns = entry.timestamp_ns;
    line->text = entry.line;
    line->metadata = entry.structured_metadata;
    line->parsed = entry.parsed;
    line->extracted.clear(names_);
    line->extract_labels();
    first_->accept(*line, run);
  }
}

std::vector<StageCounts> Pipeline::counts() const {
  std::vector<StageCounts> counts;
  chain_.append_counts("", counts);
  return counts;
}

}  // namespace alloy::loki::process
