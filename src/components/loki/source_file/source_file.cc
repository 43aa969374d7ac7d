// loki.source.file reads the lines of files as they are written, and hands them on; each line once,
// whatever is done to the files.
#include <filesystem>

#include "component/component.h"
#include "components/loki/source_file/targets.h"

namespace alloy::loki::source_file {

TailSettings Arguments::settings() const {
  TailSettings out{.poll_min = file_watch.min_poll_frequency,
                   .poll_max = file_watch.max_poll_frequency,
                   .tail_from_end = tail_from_end,
                   .has_legacy_positions = !legacy_positions_file.empty(),
                   .on_position_error = on_positions_file_error};
  out.read.encoding = encoding;
  if (decompression && decompression->enabled) {
    switch (decompression->format) {
      case Format::gz:
        out.read.compression = Compression::gz;
        break;
      case Format::z:
        out.read.compression = Compression::z;
        break;
      case Format::bz2:
        out.read.compression = Compression::bz2;
        break;
    }
    out.read.initial_delay = decompression->initial_delay;
  }
  return out;
}

namespace {

constexpr Duration save_interval = 10s;
// Until a target is tried again that waits for its predecessor.
constexpr Duration predecessor_interval = 100ms;
// Between two looks at which files have changed; less when files are to be polled more often.
constexpr Duration event_pause_max = 100ms;

class SourceFile final : public AwaitingComponentWith<Arguments> {
 public:
  explicit SourceFile(Options options) : AwaitingComponentWith(std::move(options)) {}
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  Task<Result<>> start(std::string legacy_positions);
  Task<> follow_arguments(StopToken stop);
  Task<> save_positions(StopToken stop);

  std::shared_ptr<const Arguments> arguments_;
  StopSource pause_;  // Ends the pause between two searches for files.
  LogsFanout fanout_;
  std::unique_ptr<FileEvents> events_;
  std::unique_ptr<TailedTargets> targets_;
};

Task<Result<>> SourceFile::update(Arguments arguments) {
  if (targets_ == nullptr) CO_TRY(co_await start(arguments.legacy_positions_file));
  // An unknown encoding leaves the files unread, and is no reason for others to stop.
  if (const auto known = TextEncoding::find(arguments.encoding); !known) {
    logger().error("can't read files", {{"error", known.error()}});
    report_unhealthy(known.error().message());
  } else {
    report_healthy("");
  }
  fanout_.set_receivers(arguments.forward_to);
  arguments_ = std::make_shared<const Arguments>(std::move(arguments));
  pause_.request_stop();
  co_return Result<>();
}

Task<Result<>> SourceFile::start(std::string legacy_positions) {
  struct Kept {
    std::unique_ptr<PositionsFile> positions;
    std::shared_ptr<ReadMarks> marks;
  };
  struct Opener {
    std::string folder;
    std::string legacy;
    Result<Kept> operator()() const {
      std::error_code error;
      std::filesystem::create_directories(folder, error);
      if (error) return fail(fmt::format("mkdir {}: {}", folder, error.message()));
      Kept kept;
      const std::string path = folder + "/positions.yml";
      if (legacy.empty()) {
        TRY(kept.positions, PositionsFile::open(path));
      } else {
        TRY(kept.positions, PositionsFile::open(path, legacy));
      }
      TRY(kept.marks, ReadMarks::open(folder + "/read_marks", kept.positions->text_hash()));
      return kept;
    }
  };
  auto* store = options().services.find<SeriesStore>();
  ASSERT(store != nullptr);
  CO_TRY(Kept kept,
         co_await run_blocking(options().executor.blocking(),
                               Opener{options().data_path, std::move(legacy_positions)}));
  if (auto events = FileEvents::create())
    events_ = *std::move(events);
  else
    logger().warn("can't watch files, polling", {{"error", events.error()}});
  targets_ =
      std::make_unique<TailedTargets>(TargetsOptions{.executor = options().executor,
                                                     .clock = clock(),
                                                     .logger = logger(),
                                                     .store = *store,
                                                     .fanout = fanout_,
                                                     .events = events_.get(),
                                                     .marks = std::move(kept.marks),
                                                     .positions = std::move(kept.positions)});
  options().metrics.collector(
      [targets = targets_.get()](MetricFamilies& families) { targets->collect(families); });
  co_return Result<>();
}

Task<> SourceFile::run(StopToken stop) {
  TaskGroup tasks(options().strand, TaskGroup::Strands::shared);
  tasks.spawn(targets_->run(stop));
  if (events_ != nullptr) {
    const Duration poll = arguments_->file_watch.min_poll_frequency;
    tasks.spawn(events_->run(std::clamp<Duration>(poll / 2, 1ms, event_pause_max), stop));
  }
  tasks.spawn(follow_arguments(stop));
  tasks.spawn(save_positions(stop));
  co_await tasks.join();
  co_await run_blocking(options().executor.blocking(), [this] { targets_->save_positions(); });
}

Task<> SourceFile::follow_arguments(StopToken stop) {
  std::stop_callback on_stop(stop, [this] { pause_.request_stop(); });
  while (!stop.stop_requested()) {
    const auto arguments = arguments_;
    const bool is_complete = co_await run_blocking(
        options().executor.blocking(),
        [targets = targets_.get(), arguments] { return targets->reconcile(*arguments); });
    if (arguments != arguments_) continue;
    pause_ = StopSource();
    if (stop.stop_requested()) co_return;
    if (!is_complete) {
      co_await clock().sleep(predecessor_interval, pause_.get_token());
      continue;
    }
    co_await clock().sleep(arguments->file_match.sync_period, pause_.get_token());
    // Without patterns there is nothing new to find.
    while (!arguments->file_match.enabled && arguments == arguments_ && !stop.stop_requested())
      co_await clock().sleep(Duration::max() / 2, pause_.get_token());
  }
}

Task<> SourceFile::save_positions(StopToken stop) {
  while (co_await clock().sleep(save_interval, stop) == Wake::elapsed)
    co_await run_blocking(options().executor.blocking(),
                          [targets = targets_.get()] { targets->save_positions(); });
}

std::optional<Described> SourceFile::debug_info() const {
  if (targets_ == nullptr) return std::nullopt;
  return described(targets_->debug_info());
}

}  // namespace
}  // namespace alloy::loki::source_file

namespace alloy {

extern const ComponentType loki_source_file;
const ComponentType loki_source_file = {
    .name = "loki.source.file",
    .doc = "Reads the lines of files as they are written.",
    .arguments = &schema_of<loki::source_file::Arguments>,
    .create = create<loki::source_file::SourceFile>,
};

}  // namespace alloy
