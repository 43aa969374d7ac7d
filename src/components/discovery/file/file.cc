// discovery.file reads targets from files, and follows their changes.
#include "base/file.h"

#include <filesystem>
#include <glob.h>
#include <set>
#include <sys/stat.h>

#include "components/discovery/shared/discovery.h"
#include "components/discovery/shared/refresh.h"
#include "components/shared/target_group_text.h"

namespace alloy::discovery::file {
namespace {

struct Arguments {
  std::vector<std::string> files;
  Duration refresh_interval = 5min;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::files>("files",
                                    "Paths of JSON (.json) and YAML (.yml, .yaml) files; may have "
                                    "wildcards."),
        optional<&Arguments::refresh_interval>(
            "refresh_interval", "How often to read them without being told of changes."));
  }
  Result<> validate() const { return validate_refresh_interval(refresh_interval); }
};

// What a writer does in several steps should be seen as one.
constexpr Duration settle_time = 20ms;

// Paths that match the pattern, as Go's filepath.Glob finds them: wildcards match leading dots too.
std::vector<std::string> matching_paths(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_PERIOD, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string path = found.gl_pathv[i];
      if (!path.ends_with("/.") && !path.ends_with("/..")) paths.push_back(path);
    }
  }
  globfree(&found);
  return paths;
}

Result<std::vector<TargetGroup>> read_groups(const std::string& path) {
  TRY(const std::string text, read_file(path));
  std::string extension = std::filesystem::path(path).extension();
  std::ranges::transform(extension, extension.begin(), [](char c) { return std::tolower(c); });
  const GroupOrigin origin{.label = "__meta_filepath", .value = path};
  if (extension == ".json") return read_json_groups(text, origin);
  if (extension == ".yml" || extension == ".yaml") return read_yaml_groups(text, origin);
  return fail("only files named .json, .yml and .yaml can be read");
}

// What one look at all files gave.
struct FileContent {
  Result<std::vector<TargetGroup>> groups;
  double modified = 0;  // Unix seconds.
};
struct Scan {
  std::map<std::string, FileContent> files;
  std::set<std::string> directories;  // Where a change may concern us.
};

Scan scan_files(const std::vector<std::string>& patterns) {
  Scan scan;
  for (const std::string& pattern : patterns) {
    for (const std::string& path : matching_paths(pattern)) {
      struct stat status{};
      const bool exists = ::stat(path.c_str(), &status) == 0;
      scan.files.insert_or_assign(
          path, FileContent{.groups = read_groups(path),
                            .modified = exists ? static_cast<double>(status.st_mtime) : 0});
    }
    const std::filesystem::path parent = std::filesystem::path(pattern).parent_path();
    for (std::string& directory : matching_paths(parent.empty() ? "." : parent.string()))
      scan.directories.insert(std::move(directory));
  }
  return scan;
}

class File final : public Discoverer {
 public:
  File(Arguments arguments, const DiscoveryContext& context);
  Task<> run(TargetSink& sink, StopToken stop) override;

 private:
  Task<> tick(StopToken stop);
  Task<> watch(std::string directory, StopToken stop);
  void apply(Scan scan, TargetSink& sink);

  Arguments arguments_;
  const DiscoveryContext& context_;
  Counter& read_errors_;
  Counter& watcher_errors_;
  Summary& scan_durations_;
  std::map<std::string, std::vector<TargetGroup>> groups_;  // What each file said when readable.
  std::set<std::string> watched_;
  Event changed_;
};

File::File(Arguments arguments, const DiscoveryContext& context)
    : arguments_(std::move(arguments)),
      context_(context),
      read_errors_(context.metrics.counter("prometheus_sd_file_read_errors_total",
                                           "The number of File-SD read errors.")),
      watcher_errors_(context.metrics.counter(
          "prometheus_sd_file_watcher_errors_total",
          "The number of File-SD errors caused by filesystem watch failures.")),
      scan_durations_(context.summaries.get("prometheus_sd_file_scan_duration_seconds",
                                            "The duration of the File-SD scan in seconds.")) {
  scan_durations_.add({});
}

Task<> File::run(TargetSink& sink, StopToken stop) {
  TaskGroup tasks(context_.strand, TaskGroup::Strands::shared);
  tasks.spawn(tick(stop));
  while (!stop.stop_requested()) {
    const SteadyTime started = context_.clock.steady();
    Scan scan = co_await run_blocking(context_.executor.blocking(),
                                      [files = arguments_.files] { return scan_files(files); });
    scan_durations_.observe(context_.clock.steady() - started);
    for (const std::string& directory : scan.directories)
      if (watched_.insert(directory).second) tasks.spawn(watch(directory, stop));
    apply(std::move(scan), sink);
    if (co_await changed_.wait(stop) == Wake::notified) co_await sleep_for(settle_time, stop);
  }
  co_await tasks.join();
  for (const auto& [path, groups] : groups_)
    context_.metrics.remove("prometheus_sd_file_mtime_seconds", {{"filename", path}});
}

Task<> File::tick(StopToken stop) {
  while (co_await context_.clock.sleep(arguments_.refresh_interval, stop) == Wake::elapsed)
    changed_.notify();
}

Task<> File::watch(std::string directory, StopToken stop) {
  const auto ended =
      co_await watch_directory(directory, [this](std::string_view) { changed_.notify(); }, stop);
  watched_.erase(directory);  // The next scan tries again.
  if (ended || stop.stop_requested()) co_return;
  watcher_errors_.add();
  context_.logger.error("Error adding file watch", {{"path", directory}, {"err", ended.error()}});
}

// A file that can't be read keeps what it said before; one that is gone takes its targets with it.
void File::apply(Scan scan, TargetSink& sink) {
  std::erase_if(groups_, [&](const auto& entry) {
    if (scan.files.contains(entry.first)) return false;
    context_.metrics.remove("prometheus_sd_file_mtime_seconds", {{"filename", entry.first}});
    return true;
  });
  Result<> result;
  for (auto& [path, content] : scan.files) {
    if (content.groups) {
      groups_[path] = *std::move(content.groups);
      context_.metrics
          .gauge("prometheus_sd_file_mtime_seconds",
                 "Timestamp (mtime) of files read by FileSD. Timestamp is set at read time.",
                 {{"filename", path}})
          .set(content.modified);
      continue;
    }
    read_errors_.add();
    context_.logger.error("Error reading file", {{"path", path}, {"err", content.groups.error()}});
    result = std::unexpected(std::move(content.groups).error().with_context(path));
  }
  std::vector<TargetGroup> all;
  for (const auto& [path, groups] : groups_) all.insert(all.end(), groups.begin(), groups.end());
  sink.replace(std::move(all));
  sink.report(std::move(result));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  return std::make_unique<File>(std::move(arguments), context);
}

}  // namespace
}  // namespace alloy::discovery::file

namespace alloy {

extern const ComponentType discovery_file;
const ComponentType discovery_file = {
    .name = "discovery.file",
    .doc = "Discovers targets from files.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::file::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::file::Arguments, discovery::file::make>>,
};

}  // namespace alloy
