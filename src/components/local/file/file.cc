// local.file exposes the contents of a file to other components, and follows its changes.
#include "base/file.h"

#include <filesystem>

#include "base/text.h"
#include "component/component.h"

namespace alloy::local::file {
namespace {

enum class Detector : unsigned char { fsnotify, poll };

constexpr auto enum_names(Detector) {
  return std::array{EnumName{Detector::fsnotify, "fsnotify"}, EnumName{Detector::poll, "poll"}};
}
std::string enum_error(Detector, std::string_view text) {
  return fmt::format("unrecognized detector {}, expected fsnotify or poll", quote(text));
}

struct Arguments {
  std::string filename;
  Detector detector = Detector::fsnotify;
  Duration poll_frequency = 1min;
  bool is_secret = false;

  static constexpr auto schema() {
    return fields(required<&Arguments::filename>("filename", "Path of the file on disk to watch."),
                  optional<&Arguments::detector>("detector", "Which file change detector to use."),
                  optional<&Arguments::poll_frequency>(
                      "poll_frequency", "How often to look for changes of the file."),
                  optional<&Arguments::is_secret>("is_secret", "Marks the content as a secret."));
  }
};

struct Exports {
  OptionalSecret content;

  static constexpr auto schema() {
    return fields(required<&Exports::content>("content", "The content of the file."));
  }
};

// A writer that empties a file before it fills it again should not be seen in between.
constexpr Duration settle_time = 20ms;
constexpr int settle_rounds_max = 10;

class File final : public AwaitingComponentWith<Arguments, Exports> {
 public:
  explicit File(Options options);
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  Task<Result<std::string>> read(std::string filename);
  void publish(std::string content);
  void notice(Result<std::string> content);
  Task<> follow(StopToken stop);
  Task<> poll(Duration frequency, StopToken stop);
  Task<> watch(std::string filename, Duration frequency, StopToken stop);

  Gauge& last_accessed_;
  Arguments arguments_;
  int updates_ = 0;
  std::string published_;
  bool is_readable_ = false;
  Event changed_;  // The file may have changed, or the arguments.
};

File::File(Options options)
    : AwaitingComponentWith(std::move(options)),
      last_accessed_(
          this->options().metrics.gauge("local_file_timestamp_last_accessed_unix_seconds",
                                        "The last successful access in unix seconds")) {}

Task<Result<>> File::update(Arguments arguments) {
  if (arguments.poll_frequency <= Duration::zero())
    co_return fail("poll_frequency must be greater than 0");
  CO_TRY(auto content, co_await read(arguments.filename));
  arguments_ = std::move(arguments);
  publish(std::move(content));
  ++updates_;
  changed_.notify();
  co_return Result<>();
}

Task<Result<std::string>> File::read(std::string filename) {
  auto content = co_await run_blocking(options().executor.blocking(),
                                       [name = std::move(filename)] { return read_file(name); });
  if (content) co_return content;
  Error error = std::move(content).error().with_context("failed to read file");
  report_unhealthy(error.message());
  co_return std::unexpected(std::move(error));
}

void File::publish(std::string content) {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock().wall());
  last_accessed_.set(static_cast<double>(now.time_since_epoch().count()));
  published_ = content;
  is_readable_ = true;
  set_exports({.content = {std::move(content), arguments_.is_secret}});
  report_healthy("read file");
}

// Takes note of what a detector made it read.
void File::notice(Result<std::string> content) {
  if (content) {
    if (!is_readable_ || *content != published_) publish(*std::move(content));
    return;
  }
  is_readable_ = false;
  logger().error("failed to read file", {{"path", arguments_.filename}, {"err", content.error()}});
}

Task<> File::run(StopToken stop) {
  while (!stop.stop_requested()) {
    StopSource detectors_stop;
    TaskGroup detectors(options().executor.any());
    detectors.spawn(poll(arguments_.poll_frequency, detectors_stop.get_token()));
    if (arguments_.detector == Detector::fsnotify)
      detectors.spawn(
          watch(arguments_.filename, arguments_.poll_frequency, detectors_stop.get_token()));
    co_await follow(stop);
    detectors_stop.request_stop();
    co_await detectors.join();
  }
}

// Reads the file whenever it may have changed, until there are new arguments.
Task<> File::follow(StopToken stop) {
  const int updates = updates_;
  while (co_await changed_.wait(stop) == Wake::notified) {
    for (int round = 0; round < settle_rounds_max; ++round)
      if (co_await changed_.wait(stop, settle_time) != Wake::notified) break;
    if (updates != updates_ || stop.stop_requested()) co_return;
    auto content = co_await read(arguments_.filename);
    if (updates != updates_) co_return;
    notice(std::move(content));
  }
}

Task<> File::poll(Duration frequency, StopToken stop) {
  while (co_await clock().sleep(frequency, stop) == Wake::elapsed) changed_.notify();
}

// Watches the directory rather than the file, which may not exist or be replaced by another one.
Task<> File::watch(std::string filename, Duration frequency, StopToken stop) {
  const std::filesystem::path path(filename);
  const std::string directory = path.has_parent_path() ? path.parent_path().string() : ".";
  std::error_code ignored;
  while (!stop.stop_requested()) {
    // A link's target changes under other names, such as Kubernetes' "..data".
    const bool any_name = std::filesystem::is_symlink(path, ignored);
    const auto on_change = [&](std::string_view name) {
      if (any_name || name.empty() || name == path.filename().native()) changed_.notify();
    };
    if (const auto watched = co_await watch_directory(directory, on_change, stop); !watched) {
      logger().debug("can't watch for changes, polling", {{"err", watched.error()}});
      co_await clock().sleep(frequency, stop);
    }
  }
}

}  // namespace
}  // namespace alloy::local::file

namespace alloy {

extern const ComponentType local_file;
const ComponentType local_file = {
    .name = "local.file",
    .doc = "Exposes the contents of a file on disk to other components.",
    .arguments = &schema_of<local::file::Arguments>,
    .exports = &schema_of<local::file::Exports>,
    .create = create<local::file::File>,
};

}  // namespace alloy
