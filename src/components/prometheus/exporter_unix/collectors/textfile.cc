// textfile: metrics that scripts leave in files.
#include <map>
#include <sys/stat.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/textfile_families.h"
#include "components/shared/glob.h"

namespace alloy::prometheus::exporter_unix {
namespace {

struct ReadFile {
  std::string path;
  double mtime_seconds = 0;
};

class Textfile final : public Collector {
 public:
  Textfile(std::string directory, Logger logger)
      : directory_(std::move(directory)), logger_(std::move(logger)) {}
  static Result<std::unique_ptr<Textfile>> create(const CollectorOptions& options) {
    return std::make_unique<Textfile>(options.arguments.textfile.directory, options.logger);
  }

  Result<> collect(Metrics& out) override {
    has_failed_ = false;
    families_.clear();
    sources_.clear();
    read_.clear();
    for (const std::string& directory : directories()) read_directory(directory);
    for (const TextFamily& family : families_) {
      const std::string help = family.help.value_or(
          fmt::format("Metric read from {}", fmt::join(sources_[family.name], ", ")));
      add_text_family(family, help, out);
    }
    for (const ReadFile& file : read_) {
      out.gauge("node_textfile_mtime_seconds", "Unixtime mtime of textfiles successfully read.",
                {{"file", file.path}}, file.mtime_seconds);
    }
    out.gauge("node_textfile_scrape_error",
              "1 if there was an error opening or reading a file, 0 otherwise", {},
              has_failed_ ? 1 : 0);
    last_errors_ = std::move(errors_);
    errors_.clear();
    return {};
  }

 private:
  std::vector<std::string> directories() const {
    if (const auto glob = Glob::parse(directory_)) {
      if (auto found = glob->find(); !found.empty()) return found;
    }
    return {directory_};
  }

  void read_directory(const std::string& directory) {
    if (directory.empty()) return;
    const auto names = entries_or_no_data(directory);
    if (!names) {
      tell(fmt::format(
          "failed to read textfile collector directory {}: {}", quote(directory),
          is_directory(directory) ? names.error().message() : "no such file or directory"));
      return;
    }
    for (const std::string& name : *names) {
      if (!name.ends_with(".prom")) continue;
      const std::string path = Paths::join(directory, name);
      if (auto result = read_one(path); !result) tell(result.error().message());
    }
  }

  Result<> read_one(const std::string& path) {
    auto text = read_text(path);
    if (!text) {
      return std::unexpected(std::move(text).error().with_context(
          fmt::format("failed to open textfile data file {}", quote(path))));
    }
    auto families = parse_text_families(*text);
    if (!families) {
      return std::unexpected(std::move(families).error().with_context(
          fmt::format("failed to parse textfile data from {}", quote(path))));
    }
    for (TextFamily& family : *families) {
      sources_[family.name].push_back(path);
      families_.push_back(std::move(family));
    }
    // Last, so that a file with mistakes does not look fresh.
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0) {
      return std::unexpected(Error::from_errno(fmt::format("failed to stat {}", quote(path))));
    }
    read_.push_back({path, static_cast<double>(info.st_mtime)});
    return {};
  }

  // Each mistake once, as long as it stays.
  void tell(std::string message) {
    has_failed_ = true;
    const bool is_new = std::ranges::find(last_errors_, message) == last_errors_.end();
    logger_.log(is_new ? LogLevel::error : LogLevel::debug, "failed to collect textfile data",
                {{"err", message}});
    errors_.push_back(std::move(message));
  }

  std::string directory_;
  Logger logger_;
  std::vector<std::string> last_errors_;
  // Of one scrape:
  bool has_failed_ = false;
  std::vector<std::string> errors_;
  std::vector<TextFamily> families_;
  std::map<std::string, std::vector<std::string>, std::less<>> sources_;  // By family.
  std::vector<ReadFile> read_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_textfile(const CollectorOptions& options) {
  return create_collector<Textfile>(options);
}

}  // namespace alloy::prometheus::exporter_unix
