// filesystem: how full what is mounted is.
#include <set>

#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/mounts.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

class Filesystem final : public Collector {
 public:
  explicit Filesystem(const CollectorOptions& options)
      : paths_(options.paths),
        logger_(options.logger),
        usage_(options.arguments.filesystem.mount_timeout, UsageReader::ask_system) {}

  static Result<std::unique_ptr<Filesystem>> create(const CollectorOptions& options) {
    const FilesystemArguments& arguments = options.arguments.filesystem;
    auto filesystem = std::make_unique<Filesystem>(options);
    // Other than elsewhere an empty expression would leave out everything.
    TRY(filesystem->excluded_mount_points_,
        SearchExpression::create(arguments.mount_points_exclude));
    TRY(filesystem->excluded_types_, SearchExpression::create(arguments.fs_types_exclude));
    return filesystem;
  }

  Result<> collect(Metrics& out) override {
    TRY(const auto mounts, read_mounts(paths_));
    std::vector<const Mount*> shown;
    std::vector<std::string> places;
    std::set<std::tuple<std::string_view, std::string_view, std::string_view>> seen;
    for (const Mount& mount : mounts) {
      if (excluded_mount_points_->matches(mount.mount_point) ||
          excluded_types_->matches(mount.type) ||
          !seen.emplace(mount.device, mount.mount_point, mount.type).second) {
        continue;
      }
      shown.push_back(&mount);
      places.push_back(paths_.in_root(mount.mount_point));
    }
    const std::vector<Usage> usages = usage_.read(places);
    for (size_t i = 0; i < shown.size(); ++i) {
      add(*shown[i], usages[i], out);
      if (!usages[i].is_known) {
        logger_.debug("Mount point gives no answer", {{"mountpoint", shown[i]->mount_point},
                                                      {"is_stuck", usage_.is_stuck(places[i])}});
      }
    }
    return {};
  }

 private:
  static void add(const Mount& mount, const Usage& usage, Metrics& out) {
    const auto gauge = [&](std::string_view name, std::string_view help, double value) {
      out.gauge(
          name, help,
          {{"device", mount.device}, {"mountpoint", mount.mount_point}, {"fstype", mount.type}},
          value);
    };
    gauge("node_filesystem_device_error",
          "Whether an error occurred while getting statistics for the given device.",
          usage.is_known ? 0 : 1);
    gauge("node_filesystem_readonly", "Filesystem read-only status.", mount.is_read_only ? 1 : 0);
    if (!usage.is_known) return;
    gauge("node_filesystem_size_bytes", "Filesystem size in bytes.", usage.size_bytes);
    gauge("node_filesystem_free_bytes", "Filesystem free space in bytes.", usage.free_bytes);
    gauge("node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.",
          usage.available_bytes);
    gauge("node_filesystem_files", "Filesystem total file nodes.", usage.files);
    gauge("node_filesystem_files_free", "Filesystem total free file nodes.", usage.files_free);
  }

  Paths paths_;
  Logger logger_;
  UsageReader usage_;
  std::optional<SearchExpression> excluded_mount_points_;
  std::optional<SearchExpression> excluded_types_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_filesystem(const CollectorOptions& options) {
  return create_collector<Filesystem>(options);
}

}  // namespace alloy::prometheus::exporter_unix
