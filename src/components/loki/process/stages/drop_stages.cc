// stage.drop and stage.sampling.
#include "components/loki/process/stages/drop_stages.h"

#include <random>

#include <fmt/format.h>

#include "base/text.h"
#include "signals/search_expression.h"

namespace alloy::loki::process {
namespace {

// All conditions that are given have to hold.
class DropStage final : public Stage {
 public:
  DropStage(const DropArguments& arguments, std::optional<SearchExpression> expression,
            StageContext& context)
      : Stage("drop"),
        arguments_(arguments),
        expression_(std::move(expression)),
        reason_(arguments.drop_counter_reason.empty() ? "drop_stage"
                                                      : arguments.drop_counter_reason),
        separator_(arguments.separator.empty() ? ";" : arguments.separator),
        metrics_(context.metrics) {
    if (arguments.source.empty()) return;
    for (const std::string_view name : split(arguments.source, ',')) {
      sources_.push_back(context.names.add(name));
    }
  }

 private:
  void process(Line& line, Run& run) override {
    if (!is_dropped(line, run)) return pass(line, run);
    // Shown from the first dropped line on.
    if (counter_ == nullptr) counter_ = &dropped_lines(metrics_, reason_);
    drop(*counter_, reason_);
  }

  bool is_dropped(const Line& line, Run& run) const {
    if (arguments_.longer_than.bytes != 0 &&
        static_cast<int64_t>(line.text.size()) <= arguments_.longer_than.bytes) {
      return false;
    }
    if (arguments_.older_than != Duration::zero() &&
        line.timestamp_ns >= run.wall_ns() - arguments_.older_than.count()) {
      return false;
    }
    if (sources_.empty()) return !expression_ || expression_->matches(line.text);
    if (!has_condition()) {
      for (const NameId id : sources_) {
        if (line.extracted[id].is_absent()) return false;
      }
      return true;
    }
    return is_text_dropped(line, run);
  }

  bool has_condition() const { return expression_ || !arguments_.value.empty(); }
  bool accepts(std::string_view text) const {
    return expression_ ? expression_->matches(text) : text == arguments_.value;
  }

  // Looks at the sources that exist, joined.
  bool is_text_dropped(const Line& line, Run& run) const {
    if (sources_.size() == 1) {
      const ExtractedValue& value = line.extracted[sources_[0]];
      if (value.is_absent()) return accepts("");
      const auto text = value.as_text(run.scratch);
      return text && accepts(*text);
    }
    std::string joined;
    bool is_first = true;
    for (const NameId id : sources_) {
      const ExtractedValue& value = line.extracted[id];
      if (value.is_absent()) continue;
      const auto text = value.as_text(run.scratch);
      if (!text) return false;
      if (!is_first) joined += separator_;
      joined += *text;
      is_first = false;
    }
    return accepts(joined);
  }

  const DropArguments arguments_;
  const std::optional<SearchExpression> expression_;
  const std::string reason_;
  const std::string separator_;
  MetricRegistry& metrics_;
  Counter* counter_ = nullptr;
  std::vector<NameId> sources_;
};

class SamplingStage final : public Stage {
 public:
  SamplingStage(const SamplingArguments& arguments, StageContext& context)
      : Stage("sampling"),
        rate_(arguments.rate),
        reason_(arguments.drop_counter_reason),
        counter_(dropped_lines(context.metrics, arguments.drop_counter_reason)),
        random_(std::random_device()()) {}

 private:
  void process(Line& line, Run& run) override {
    // A rate of 1 lets everything pass, and one of 0 nothing.
    if (std::uniform_real_distribution<double>(0, 1)(random_) < rate_) return pass(line, run);
    drop(counter_, reason_);
  }

  const double rate_;
  const std::string reason_;
  Counter& counter_;
  std::mt19937_64 random_;
};

}  // namespace

Result<void> SamplingArguments::validate() const {
  if (rate >= 0 && rate <= 1) return {};
  return fail(
      fmt::format("sampling stage failed to parse rate,Sampling Rate must be between 0.0 and 1.0, "
                  "received {:.6f}",
                  rate));
}

Result<StagePointer> make_stage(const DropArguments& arguments, StageContext& context) {
  if (arguments.source.empty() && arguments.expression.empty() &&
      arguments.older_than == Duration::zero() && arguments.longer_than.bytes == 0) {
    return fail(
        "drop stage config must contain at least one of `source`, `expression`, `older_than` or "
        "`longer_than`");
  }
  if (!arguments.value.empty() && !arguments.expression.empty()) {
    return fail(
        "drop stage config error, `value` and `expression` cannot both be defined at the same "
        "time");
  }
  if (!arguments.value.empty() && arguments.source.empty()) {
    return fail("drop stage config must contain `source` if `value` is specified");
  }
  std::optional<SearchExpression> expression;
  if (!arguments.expression.empty()) {
    auto compiled = SearchExpression::create(arguments.expression);
    if (!compiled) {
      return std::unexpected(
          std::move(compiled).error().with_context("drop stage regex compilation error"));
    }
    expression = *std::move(compiled);
  }
  return std::make_unique<DropStage>(arguments, std::move(expression), context);
}

Result<StagePointer> make_stage(const SamplingArguments& arguments, StageContext& context) {
  return std::make_unique<SamplingStage>(arguments, context);
}

}  // namespace alloy::loki::process
