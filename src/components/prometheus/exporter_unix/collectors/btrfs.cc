// btrfs: how the space of its file systems is given out, and what their devices have seen.
#include <cerrno>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <map>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/mounts.h"

namespace alloy::prometheus::exporter_unix {
namespace {

struct Device {
  std::string name;
  std::string uuid;
  double size_bytes = 0;
  double used_bytes = 0;
  std::array<double, BTRFS_DEV_STAT_VALUES_MAX> errors{};
};

// In the order of the kernel.
constexpr std::array<std::string_view, BTRFS_DEV_STAT_VALUES_MAX> error_types = {
    "write", "read", "flush", "corruption", "generation"};

std::string format_uuid(const unsigned char* bytes) {
  std::string text;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

// What only the mounted file system itself tells, to whoever may ask.
class MountedBtrfs {
 public:
  explicit MountedBtrfs(const std::string& mount_point)
      : file_(::open(mount_point.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~MountedBtrfs() {
    if (file_ >= 0) ::close(file_);
  }
  MountedBtrfs(const MountedBtrfs&) = delete;
  MountedBtrfs& operator=(const MountedBtrfs&) = delete;

  // The file system's UUID and its devices; nothing if that is not for us to know.
  std::optional<std::pair<std::string, std::vector<Device>>> read() const {
    btrfs_ioctl_fs_info_args info{};
    if (file_ < 0 || ::ioctl(file_, BTRFS_IOC_FS_INFO, &info) != 0) return std::nullopt;
    std::vector<Device> devices;
    // Their numbers need not start at 0, nor be without gaps.
    for (uint64_t id = 0; id <= info.max_id && devices.size() < info.num_devices; ++id) {
      btrfs_ioctl_dev_info_args device{};
      device.devid = id;
      if (::ioctl(file_, BTRFS_IOC_DEV_INFO, &device) != 0) {
        if (errno == ENODEV) continue;
        return std::nullopt;
      }
      btrfs_ioctl_get_dev_stats stats{};
      stats.devid = id;
      stats.nr_items = BTRFS_DEV_STAT_VALUES_MAX;
      if (::ioctl(file_, BTRFS_IOC_GET_DEV_STATS, &stats) != 0) return std::nullopt;
      const std::string path = reinterpret_cast<const char*>(device.path);
      Device found{.name = path.substr(path.rfind('/') + 1),
                   .uuid = format_uuid(device.uuid),
                   .size_bytes = static_cast<double>(device.total_bytes),
                   .used_bytes = static_cast<double>(device.bytes_used)};
      for (size_t i = 0; i < found.errors.size(); ++i) {
        found.errors[i] = static_cast<double>(stats.values[i]);
      }
      devices.push_back(std::move(found));
    }
    return std::pair(format_uuid(info.fsid), std::move(devices));
  }

 private:
  int file_;
};

using DevicesByUuid = std::map<std::string, std::vector<Device>, std::less<>>;

DevicesByUuid read_mounted(const Paths& paths) {
  DevicesByUuid found;
  const auto mounts = read_mounts(paths);
  if (!mounts) return found;
  for (const Mount& mount : *mounts) {
    if (mount.type != "btrfs") continue;
    if (auto devices = MountedBtrfs(paths.in_root(mount.mount_point)).read()) {
      found.insert(*std::move(devices));
    }
  }
  return found;
}

// How much is written for each byte of data.
double layout_ratio(std::string_view layout, double device_count) {
  if (layout == "single" || layout == "raid0") return 1;
  if (layout == "dup" || layout == "raid1" || layout == "raid10") return 2;
  if (layout == "raid5") return device_count / (device_count - 1);
  if (layout == "raid6") return device_count / (device_count - 2);
  return 0;
}

void add_allocation(const std::string& folder, const std::string& uuid, double device_count,
                    Metrics& out) {
  const auto number = [](const std::string& path) {
    return static_cast<double>(read_count(path).value_or(0));
  };
  for (const std::string_view kind : {"data", "metadata", "system"}) {
    const std::string files = fmt::format("{}/allocation/{}", folder, kind);
    out.gauge("node_btrfs_reserved_bytes", "Amount of space reserved for a data type",
              {{"uuid", uuid}, {"block_group_type", kind}}, number(files + "/bytes_reserved"));
    for (const std::string& layout : entries(files)) {
      const std::string layout_files = Paths::join(files, layout);
      if (!is_directory(layout_files)) continue;
      const auto add = [&](std::string_view name, std::string_view help, double value) {
        out.gauge(name, help, {{"uuid", uuid}, {"block_group_type", kind}, {"mode", layout}},
                  value);
      };
      add("node_btrfs_used_bytes", "Amount of used space by a layout/data type",
          number(layout_files + "/used_bytes"));
      add("node_btrfs_size_bytes", "Amount of space allocated for a layout/data type",
          number(layout_files + "/total_bytes"));
      add("node_btrfs_allocation_ratio", "Data allocation ratio for a layout/data type",
          layout_ratio(layout, device_count));
    }
  }
}

constexpr std::string_view size_help = "Size of a device that is part of the filesystem.";

void add_devices(const std::vector<Device>& devices, const std::string& uuid, Metrics& out) {
  for (const Device& device : devices) {
    out.gauge("node_btrfs_device_size_bytes", size_help,
              {{"uuid", uuid}, {"device", device.name}, {"btrfs_dev_uuid", device.uuid}},
              device.size_bytes);
    out.gauge("node_btrfs_device_unused_bytes",
              "Unused bytes unused on a device that is part of the filesystem.",
              {{"uuid", uuid}, {"device", device.name}, {"btrfs_dev_uuid", device.uuid}},
              device.size_bytes - device.used_bytes);
    for (size_t i = 0; i < error_types.size(); ++i) {
      out.counter("node_btrfs_device_errors_total", "Errors reported for the device",
                  {{"uuid", uuid},
                   {"type", error_types[i]},
                   {"device", device.name},
                   {"btrfs_dev_uuid", device.uuid}},
                  device.errors[i]);
    }
  }
}

}  // namespace

Result<> collect_btrfs(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("fs/btrfs");
  std::optional<DevicesByUuid> mounted;
  for (const std::string& name : entries(folder)) {
    if (!name.contains('-')) continue;
    const std::string files = Paths::join(folder, name);
    std::string uuid = read_attribute_or_empty(files + "/metadata_uuid");
    if (uuid.empty()) uuid = name;
    const auto device_names = entries(files + "/devices");
    out.gauge("node_btrfs_info", "Filesystem information",
              {{"uuid", uuid}, {"label", read_attribute_or_empty(files + "/label")}}, 1);
    out.gauge("node_btrfs_global_rsv_size_bytes", "Size of global reserve.", {{"uuid", uuid}},
              static_cast<double>(read_count(files + "/allocation/global_rsv_size").value_or(0)));
    add_allocation(files, uuid, static_cast<double>(device_names.size()), out);
    if (!mounted) mounted = read_mounted(paths);
    if (const auto devices = mounted->find(uuid); devices != mounted->end()) {
      add_devices(devices->second, uuid, out);
      continue;
    }
    constexpr double sector_bytes = 512;
    for (const std::string& device : device_names) {
      const auto sectors = read_count(fmt::format("{}/devices/{}/size", files, device));
      out.gauge("node_btrfs_device_size_bytes", size_help, {{"uuid", uuid}, {"device", device}},
                static_cast<double>(sectors.value_or(0)) * sector_bytes);
    }
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
