// stage.match: other stages for the lines that a selector matches, or the end of these lines.
#include "components/loki/process/pipeline.h"
#include "signals/log_selector.h"

namespace alloy::loki::process {
namespace {

bool is_matched(const LogSelector& selector, const Line& line) {
  for (const LogSelector::Matcher& matcher : selector.matchers()) {
    if (!matcher.accepts(line.labels.value(matcher.label))) return false;
  }
  return selector.accepts_line(line.text);
}

class MatchDropStage final : public Stage {
 public:
  MatchDropStage(LogSelector selector, std::string reason, StageContext& context)
      : Stage("match"),
        selector_(std::move(selector)),
        reason_(std::move(reason)),
        metrics_(context.metrics) {}

 private:
  void process(Line& line, Run& run) override {
    if (!is_matched(selector_, line)) return pass(line, run);
    if (counter_ == nullptr) counter_ = &dropped_lines(metrics_, reason_);
    drop(*counter_, reason_);
  }

  const LogSelector selector_;
  const std::string reason_;
  MetricRegistry& metrics_;
  Counter* counter_ = nullptr;
};

class MatchKeepStage final : public Stage {
 public:
  MatchKeepStage(LogSelector selector, StageChain chain)
      : Stage("match"), selector_(std::move(selector)), chain_(std::move(chain)), end_(*this) {
    first_ = &chain_.connect(end_);
  }

  void flush(SteadyTime now, Run& run) override { chain_.flush(now, run); }
  std::optional<SteadyTime> deadline() const override { return chain_.deadline(); }
  std::optional<Duration> wait_min() const override { return chain_.wait_min(); }
  bool is_full() const override { return chain_.is_full(); }
  void append_inner_counts(std::string_view path, std::vector<StageCounts>& out) const override {
    chain_.append_counts(path, out);
  }

 private:
  // Behind the inner stages.
  class End final : public Stage {
   public:
    explicit End(MatchKeepStage& owner) : Stage("end"), owner_(owner) {}

   private:
    void process(Line& line, Run& run) override { owner_.pass(line, run); }
    MatchKeepStage& owner_;
  };

  void process(Line& line, Run& run) override {
    if (!is_matched(selector_, line)) return pass(line, run);
    // The inner stages see the labels as they are now.
    line.extract_labels();
    first_->accept(line, run);
  }

  const LogSelector selector_;
  StageChain chain_;
  End end_;
  Stage* first_ = nullptr;
};

}  // namespace

Result<StagePointer> make_stage(const MatchArguments& arguments, StageContext& context) {
  if (arguments.selector.empty()) return fail("selector statement required for match stage");
  const bool is_drop = arguments.action == "drop";
  if (!is_drop && !arguments.action.empty() && arguments.action != "keep") {
    return fail("match stage action should be 'keep' or 'drop'");
  }
  if (!is_drop && arguments.stages.empty()) {
    return fail("match stage requires at least one additional stage to be defined in '- stages'");
  }
  if (is_drop && !arguments.stages.empty()) {
    return fail("match stage configured to drop entries cannot contains stages");
  }
  auto selector = LogSelector::parse(arguments.selector);
  if (!selector) {
    return std::unexpected(
        std::move(selector).error().with_context("invalid selector syntax for match stage"));
  }
  if (is_drop) {
    const std::string& reason = arguments.drop_counter_reason;
    return std::make_unique<MatchDropStage>(*std::move(selector),
                                            reason.empty() ? "match_stage" : reason, context);
  }
  auto chain = StageChain::create(arguments.stages, context);
  if (!chain) {
    return std::unexpected(
        std::move(chain).error().with_context("match stage failed to create pipeline from config"));
  }
  return std::make_unique<MatchKeepStage>(*std::move(selector), *std::move(chain));
}

}  // namespace alloy::loki::process
