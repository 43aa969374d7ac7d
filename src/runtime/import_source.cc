#include "runtime/import_source.h"

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "runtime/blocks.h"
#include "runtime/component_import.h"

namespace alloy::runtime {
namespace {

Task<> wait_for_stop(StopToken stop) {
  Event never;
  while (co_await never.wait(stop) != Wake::stopped) continue;
}

struct StringArguments {
  OptionalSecret content;

  static constexpr auto schema() {
    return fields(required<&StringArguments::content>("content", "The text of the module."));
  }
};

// import.string "m" { content = ... }
class StringSource final : public ImportSource {
 public:
  Task<std::expected<ConfigSource, Failure>> evaluate(BlockContext context) override {
    auto arguments = decode_import<StringArguments>(context);
    if (!arguments) co_return std::unexpected(std::move(arguments).error());
    co_return config_from_text(std::string(context.block->label), arguments->content.value, "");
  }
  Task<> run(std::function<Task<>(ConfigSource)>, std::function<void(const Error&)>,
             StopToken stop) override {
    co_await wait_for_stop(std::move(stop));
  }
};

enum class Detector : unsigned char { fsnotify, poll };

constexpr auto enum_names(Detector) {
  return std::array{EnumName{Detector::fsnotify, "fsnotify"}, EnumName{Detector::poll, "poll"}};
}
std::string enum_error(Detector, std::string_view text) {
  return fmt::format("unrecognized detector {}, expected fsnotify or poll", quote(text));
}

struct FileArguments {
  std::string filename;
  Detector detector = Detector::fsnotify;
  Duration poll_frequency = 1min;

  static constexpr auto schema() {
    return fields(
        required<&FileArguments::filename>("filename", "The file or folder with the module."),
        optional<&FileArguments::detector>("detector", "Which change detector to use."),
        optional<&FileArguments::poll_frequency>("poll_frequency",
                                                 "How often to look for changes."));
  }
};

// A writer that empties a file before it fills it again should not be seen in between.
constexpr Duration settle_time = 30ms;

// import.file "m" { filename = ... }
class FileSource final : public ImportSource {
 public:
  explicit FileSource(Environment& environment) : environment_(environment) {}

  Task<std::expected<ConfigSource, Failure>> evaluate(BlockContext context) override {
    auto arguments = decode_import<FileArguments>(context);
    if (!arguments) co_return std::unexpected(std::move(arguments).error());
    const std::string& around = context.declares->module_path();
    if (around.starts_with("http://") || around.starts_with("https://"))
      co_return failed("import.file is not allowed in a module that came over HTTP");
    if (arguments->poll_frequency <= Duration::zero())
      co_return failed("poll_frequency must be greater than 0");
    auto content = co_await read(arguments->filename);
    if (!content) {
      Failure failure = Failure::whole("failed to read file: " + content.error().message());
      failure.may_pass = true;
      co_return std::unexpected(std::move(failure));
    }
    {
      std::lock_guard lock(mutex_);
      arguments_ = *std::move(arguments);
      ++updates_;
    }
    changed_->notify();
    co_return *std::move(content);
  }

  Task<> run(std::function<Task<>(ConfigSource)> on_content,
             std::function<void(const Error&)> on_error, StopToken stop) override {
    while (!stop.stop_requested()) {
      StopSource detectors_stop;
      TaskGroup detectors(environment_.options.executor.any());
      const auto [arguments, updates] = current();
      detectors.spawn(poll(changed_, arguments.poll_frequency, detectors_stop.get_token()));
      if (arguments.detector == Detector::fsnotify)
        detectors.spawn(watch(changed_, arguments, detectors_stop.get_token()));
      while (co_await changed_->wait(stop) == Wake::notified) {
        while (co_await changed_->wait(stop, settle_time) == Wake::notified) continue;
        if (stop.stop_requested() || updates != current().second) break;
        auto content = co_await read(arguments.filename);
        if (updates != current().second) break;
        if (content)
          co_await on_content(*std::move(content));
        else
          on_error(content.error());
      }
      detectors_stop.request_stop();
      co_await detectors.join();
    }
  }

 private:
  std::pair<FileArguments, int> current() {
    std::lock_guard lock(mutex_);
    return {arguments_, updates_};
  }

  Task<Result<ConfigSource>> read(std::string filename) {
    return run_blocking(environment_.options.executor.blocking(),
                        [name = std::move(filename)] { return read_module(name); });
  }

  static Result<ConfigSource> read_module(const std::string& filename) {
    TRY(auto content, read_config(filename));
    if (content.module_path == filename && content.module_path.ends_with('/'))
      content.module_path.pop_back();
    return content;
  }

  Task<> poll(std::shared_ptr<Event> changed, Duration frequency, StopToken stop) {
    while (co_await environment_.options.clock.sleep(frequency, stop) == Wake::elapsed)
      changed->notify();
  }

  Task<> watch(std::shared_ptr<Event> changed, FileArguments arguments, StopToken stop) {
    namespace fs = std::filesystem;
    const fs::path path(arguments.filename);
    std::error_code ignored;
    while (!stop.stop_requested()) {
      const bool is_directory = fs::is_directory(path, ignored);
      fs::path directory = is_directory ? path : path.parent_path();
      if (directory.empty()) directory = ".";
      const bool any_name = is_directory || fs::is_symlink(path, ignored);
      const auto on_change = [&](std::string_view name) {
        if (any_name || name.empty() || name == path.filename().native()) changed->notify();
      };
      if (!co_await watch_directory(directory.string(), on_change, stop))
        co_await environment_.options.clock.sleep(arguments.poll_frequency, stop);
    }
  }

  Environment& environment_;
  std::shared_ptr<Event> changed_ = std::make_shared<Event>();
  std::mutex mutex_;  // Guards everything below.
  FileArguments arguments_;
  int updates_ = 0;
};

}  // namespace

const Schema& import_string_schema() { return schema_of<StringArguments>; }
const Schema& import_file_schema() { return schema_of<FileArguments>; }

std::unique_ptr<ImportSource> make_import_source(std::string_view name, const std::string& id,
                                                 Environment& environment) {
  if (name == "import.string") return std::make_unique<StringSource>();
  if (name == "import.file") return std::make_unique<FileSource>(environment);
  if (name == "import.git") return make_git_import(id, environment);
  if (name == "import.http") {
    const auto type = environment.components.find("remote.http");
    if (type != environment.components.end())
      return make_component_import(environment, *type->second);
  }
  return nullptr;
}

}  // namespace alloy::runtime
