// stage.limit: a token bucket, for all lines or for each value of a label.
#include <algorithm>
#include <deque>
#include <unordered_map>

#include "components/loki/process/stages/drop_stages.h"

namespace alloy::loki::process {
namespace {

constexpr std::string_view drop_reason = "ratelimit_drop_stage";
constexpr int64_t distinct_labels_min = 10'000;
// How many lines may wait before the sources have to.
constexpr size_t held_max = 4096;

class TokenBucket {
 public:
  TokenBucket(double rate, int64_t burst)
      : rate_(rate), burst_(static_cast<double>(burst)), tokens_(burst_) {}

  bool take(SteadyTime now) {
    refill(now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  // When the next token is there, if none is now.
  SteadyTime next(SteadyTime now) {
    refill(now);
    const double missing = std::max(0.0, 1 - tokens_);
    // A little later than exactly, so that rounding never makes it too early.
    const double seconds = std::min(missing / rate_, 3600.0 * 24) + 1e-6;
    return now + std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
  }

 private:
  void refill(SteadyTime now) {
    const double seconds = std::chrono::duration<double>(now - filled_at_).count();
    if (is_started_ && seconds > 0) tokens_ = std::min(burst_, tokens_ + seconds * rate_);
    is_started_ = true;
    filled_at_ = now;
  }

  double rate_;
  double burst_;
  double tokens_;
  bool is_started_ = false;
  SteadyTime filled_at_;
};

class DroppingLimitStage final : public Stage {
 public:
  DroppingLimitStage(const LimitArguments& arguments, StageContext& context)
      : Stage("limit"),
        arguments_(arguments),
        bucket_(arguments.rate, arguments.burst),
        metrics_(context.metrics) {}

 private:
  void process(Line& line, Run& run) override {
    if (arguments_.by_label_name.empty()) {
      if (bucket_.take(run.steady())) return pass(line, run);
      return drop_line();
    }
    const Label* label = line.labels.find(arguments_.by_label_name);
    if (label == nullptr || bucket_of(label->value).take(run.steady())) return pass(line, run);
    drop_line();
    const std::string value(label->value);
    counted_.push_back(value);
    metrics_
        .counter("loki_process_dropped_lines_by_label_total",
                 "A count of all log lines dropped as a result of a pipeline stage",
                 {{"label_name", arguments_.by_label_name}, {"label_value", value}})
        .add();
  }

  void drop_line() {
    if (counter_ == nullptr) counter_ = &dropped_lines(metrics_, drop_reason);
    drop(*counter_, drop_reason);
  }

  // The values that were seen last: those of the present generation and of the one before.
  TokenBucket& bucket_of(std::string_view value) {
    std::string key(value);
    if (const auto found = present_.find(key); found != present_.end()) return found->second;
    const auto before = earlier_.find(key);
    const TokenBucket bucket =
        before != earlier_.end() ? before->second : TokenBucket(arguments_.rate, arguments_.burst);
    if (static_cast<int64_t>(present_.size()) >= arguments_.max_distinct_labels) {
      earlier_ = std::exchange(present_, {});
      // Their counters go with them.
      for (const std::string& counted : counted_) {
        metrics_.remove("loki_process_dropped_lines_by_label_total",
                        {{"label_name", arguments_.by_label_name}, {"label_value", counted}});
      }
      counted_.clear();
    }
    return present_.emplace(std::move(key), bucket).first->second;
  }

  const LimitArguments arguments_;
  TokenBucket bucket_;
  std::unordered_map<std::string, TokenBucket> present_;
  std::unordered_map<std::string, TokenBucket> earlier_;
  std::vector<std::string> counted_;
  MetricRegistry& metrics_;
  Counter* counter_ = nullptr;
};

// Lines that come too fast wait here; when too many do, the sources have to.
class WaitingLimitStage final : public Stage {
 public:
  WaitingLimitStage(const LimitArguments& arguments, StageContext& context)
      : Stage("limit"), bucket_(arguments.rate, arguments.burst), context_names_(context.names) {}

  bool is_full() const override { return held_.size() >= held_max; }

  std::optional<SteadyTime> deadline() const override {
    return held_.empty() ? std::nullopt : std::optional(next_);
  }
  std::optional<Duration> wait_min() const override { return std::chrono::milliseconds(1); }

  void flush(SteadyTime now, Run& run) override {
    const bool is_end = now == SteadyTime::max();
    while (!held_.empty() && (is_end || bucket_.take(now))) {
      Run::BorrowedLine line(run);
      held_.front().restore(*line, context_names_, run);
      held_.pop_front();
      pass(*line, run);
    }
    if (!held_.empty()) next_ = bucket_.next(now);
  }

 private:
  void process(Line& line, Run& run) override {
    const SteadyTime now = run.steady();
    if (held_.empty() && bucket_.take(now)) return pass(line, run);
    if (held_.empty()) next_ = bucket_.next(now);
    held_.emplace_back(line, run.delivery);
  }

  TokenBucket bucket_;
  const NameTable& context_names_;
  std::deque<HeldLine> held_;
  SteadyTime next_;
};

}  // namespace

Result<StagePointer> make_stage(const LimitArguments& arguments, StageContext& context) {
  if (arguments.rate <= 0 || arguments.burst <= 0) {
    return fail("limit stage failed to parse rate or burst");
  }
  if (!arguments.by_label_name.empty() && !arguments.drop) {
    return fail("when ratelimiting by label, drop must be true");
  }
  if (!arguments.drop) return std::make_unique<WaitingLimitStage>(arguments, context);
  LimitArguments adjusted = arguments;
  if (!arguments.by_label_name.empty() && arguments.max_distinct_labels < distinct_labels_min) {
    context.logger.warn(
        "max_distinct_labels was adjusted up to the minimal reasonable value of 10000");
    adjusted.max_distinct_labels = distinct_labels_min;
  }
  return std::make_unique<DroppingLimitStage>(adjusted, context);
}

}  // namespace alloy::loki::process
