// loki.process takes log lines through stages that parse, change, drop and count them.
#include "component/component.h"
#include "components/loki/process/processor.h"
#include "schema/encode.h"

namespace alloy::loki::process {
namespace {

struct Arguments {
  std::vector<LogsReceiverPointer> forward_to;
  std::vector<StageArguments> stages;

  static constexpr auto schema() {
    return fields(required<&Arguments::forward_to>("forward_to", "Where the log entries go."),
                  one_of<&Arguments::stages>("stage", "What is done with each entry, in order."));
  }
};

struct Exports {
  LogsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the entries to process."));
  }
};

// The stages alone, to tell whether they have changed.
struct Stages {
  std::vector<StageArguments> stages;

  static constexpr auto schema() {
    return fields(one_of<&Stages::stages>("stage", "What is done with each entry, in order."));
  }
};

struct StageInfo {
  std::string stage;
  uint64_t lines_in = 0;
  uint64_t lines_out = 0;
  uint64_t lines_dropped = 0;
  std::string drop_reason;

  static constexpr auto schema() {
    return fields(
        optional<&StageInfo::stage>("stage", "The stages from the outermost to this one."),
        optional<&StageInfo::lines_in>("lines_in", "Lines that reached it."),
        optional<&StageInfo::lines_out>("lines_out", "Lines that it passed on."),
        optional<&StageInfo::lines_dropped>("lines_dropped", "Lines that it dropped."),
        optional<&StageInfo::drop_reason>("drop_reason", "Why it dropped lines."));
  }
};

struct DebugInfo {
  std::vector<StageInfo> stages;

  static constexpr auto schema() {
    return fields(blocks<&DebugInfo::stages>("stage", "The stages, in order."));
  }
};

// How long to wait after receivers have refused lines that were held back.
constexpr Duration retry_interval = std::chrono::milliseconds(250);

class Process final : public ComponentWith<Arguments, Exports> {
 public:
  explicit Process(Options options);
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  SeriesStore& store_;
  CustomMetrics custom_metrics_;
  std::shared_ptr<Event> wake_ = std::make_shared<Event>();
  std::shared_ptr<Processor> processor_;
  std::optional<Stages> stages_;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Process::Process(Options options)
    : ComponentWith(std::move(options)),
      store_(store_of(this->options())),
      custom_metrics_(this->options().metrics, clock()),
      processor_(std::make_shared<Processor>(
          store_, clock(), this->options().global_id() + ".receiver", LiveLogs(this->options()))) {
  processor_->set_wake([wake = wake_] { wake->notify(); });
}

Result<> Process::update(Arguments arguments) {
  Stages stages{.stages = std::move(arguments.stages)};
  std::unique_ptr<Pipeline> pipeline;
  // Stages that stay as they are keep what they know.
  if (!stages_ || !equal(*stages_, stages)) {
    TRY(pipeline, Pipeline::create(stages.stages, options().metrics, custom_metrics_, logger(),
                                   store_, clock()));
    stages_ = std::move(stages);
  }
  processor_->configure(std::move(pipeline), std::move(arguments.forward_to));
  wake_->notify();
  set_exports({.receiver = processor_});
  return {};
}

Task<> Process::run(StopToken stop) {
  Wake woken = Wake::notified;
  while (woken != Wake::stopped) {
    const auto next = processor_->next_flush();
    woken = next ? co_await clock().sleep_until(*next, stop) : co_await wake_->wait(stop);
    if (woken == Wake::elapsed && !processor_->flush()) {
      woken = co_await clock().sleep(retry_interval, stop);
    }
  }
  if (const uint64_t lost = processor_->close(); lost > 0) {
    dropped_lines(options().metrics, "stopped").add(static_cast<double>(lost));
    logger().error("no receiver takes the lines that were held back", {{"lines", lost}});
  }
}

std::optional<Described> Process::debug_info() const {
  DebugInfo info;
  for (StageCounts& counts : processor_->counts()) {
    if (counts.in == 0) continue;  // Nothing to tell yet.
    info.stages.push_back({.stage = std::move(counts.name),
                           .lines_in = counts.in,
                           .lines_out = counts.out,
                           .lines_dropped = counts.dropped,
                           .drop_reason = std::move(counts.reason)});
  }
  if (info.stages.empty()) return std::nullopt;
  return described(std::move(info));
}

}  // namespace
}  // namespace alloy::loki::process

namespace alloy {

extern const ComponentType loki_process;
const ComponentType loki_process = {
    .name = "loki.process",
    .doc = "Takes log lines through stages that parse, change, drop and count them.",
    .supports_live_debugging = true,
    .arguments = &schema_of<loki::process::Arguments>,
    .exports = &schema_of<loki::process::Exports>,
    .create = create<loki::process::Process>,
};

}  // namespace alloy
