// diskstats: what block devices read and write, and what udev knows of them.
#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr double sector_bytes = 512;  // Whatever the device's own is.
constexpr double milliseconds = 1e-3;

struct Column {
  std::string_view name;
  std::string_view help;
  double factor = 1;
  Kind kind = Kind::counter;
};

// The order of the columns of /proc/diskstats; old kernels have fewer.
constexpr std::array<Column, 17> columns = {{
    {"node_disk_reads_completed_total", "The total number of reads completed successfully."},
    {"node_disk_reads_merged_total", "The total number of reads merged."},
    {"node_disk_read_bytes_total", "The total number of bytes read successfully.", sector_bytes},
    {"node_disk_read_time_seconds_total", "The total number of seconds spent by all reads.",
     milliseconds},
    {"node_disk_writes_completed_total", "The total number of writes completed successfully."},
    {"node_disk_writes_merged_total", "The number of writes merged."},
    {"node_disk_written_bytes_total", "The total number of bytes written successfully.",
     sector_bytes},
    {"node_disk_write_time_seconds_total",
     "This is the total number of seconds spent by all writes.", milliseconds},
    {"node_disk_io_now", "The number of I/Os currently in progress.", 1, Kind::gauge},
    {"node_disk_io_time_seconds_total", "Total seconds spent doing I/Os.", milliseconds},
    {"node_disk_io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os.",
     milliseconds},
    {"node_disk_discards_completed_total", "The total number of discards completed successfully."},
    {"node_disk_discards_merged_total", "The total number of discards merged."},
    {"node_disk_discarded_sectors_total", "The total number of sectors discarded successfully."},
    {"node_disk_discard_time_seconds_total",
     "This is the total number of seconds spent by all discards.", milliseconds},
    {"node_disk_flush_requests_total", "The total number of flush requests completed successfully"},
    {"node_disk_flush_requests_time_seconds_total",
     "This is the total number of seconds spent by all flush requests.", milliseconds},
}};

using Properties = std::map<std::string, std::string, std::less<>>;

class Diskstats final : public Collector {
 public:
  static Result<std::unique_ptr<Diskstats>> create(const CollectorOptions& options) {
    const DiskArguments& arguments = options.arguments.disk;
    auto diskstats = std::make_unique<Diskstats>();
    diskstats->paths_ = options.paths;
    // The exclusions have a default, so that they can't be meant beside an inclusion.
    TRY(diskstats->filter_, arguments.device_include.empty()
                                ? Filter::create("", arguments.device_exclude)
                                : Filter::create(arguments.device_include, ""));
    if (!is_directory(options.paths.udev)) {
      options.logger.error("Failed to open directory, disabling udev device properties",
                           {{"path", options.paths.udev}});
    }
    return diskstats;
  }

  Result<> collect(Metrics& out) override {
    TRY(const std::string text, read_text(paths_.in_proc("diskstats")));
    for_each_line(text, [&](std::string_view line) {
      const auto parts = words(line);
      if (parts.size() < 4 || !filter_.passes(parts[2])) return;
      const std::string_view device = parts[2];
      add_properties(device, parts[0], parts[1], out);
      for (size_t i = 0; i < columns.size() && i + 3 < parts.size(); ++i) {
        out.add(columns[i].kind, columns[i].name, columns[i].help,
                std::array<Label, 1>{{{"device", device}}},
                to_double_or_zero(parts[i + 3]) * columns[i].factor);
      }
    });
    return {};
  }

 private:
  // Lines such as "E:ID_MODEL=…".
  Properties read_properties(std::string_view major, std::string_view minor) const {
    Properties properties;
    const auto text = read_file(paths_.in_udev(fmt::format("b{}:{}", major, minor)));
    if (!text) return properties;
    for_each_line(*text, [&](std::string_view line) {
      const size_t equals = line.find('=');
      if (!line.starts_with("E:") || equals == std::string_view::npos) return;
      properties.emplace(line.substr(2, equals - 2), line.substr(equals + 1));
    });
    return properties;
  }

  void add_properties(std::string_view device, std::string_view major, std::string_view minor,
                      Metrics& out) const;

  Paths paths_;
  Filter filter_;
};

void Diskstats::add_properties(std::string_view device, std::string_view major,
                               std::string_view minor, Metrics& out) const {
  const Properties properties = read_properties(major, minor);
  const auto value = [&](std::string_view key) {
    const auto found = properties.find(key);
    return found == properties.end() ? std::string_view() : found->second;
  };
  // What is printed on the disk, where it is known.
  const std::string_view serial =
      value("SCSI_IDENT_SERIAL").empty() ? value("ID_SERIAL_SHORT") : value("SCSI_IDENT_SERIAL");
  out.gauge("node_disk_info", "Info of /sys/block/<block_device>.",
            {{"device", device},
             {"major", major},
             {"minor", minor},
             {"path", value("ID_PATH")},
             {"wwn", value("ID_WWN")},
             {"model", value("ID_MODEL")},
             {"serial", serial},
             {"revision", value("ID_REVISION")}},
            1);
  if (!value("ID_FS_TYPE").empty()) {
    out.gauge("node_disk_filesystem_info", "Info about disk filesystem.",
              {{"device", device},
               {"type", value("ID_FS_TYPE")},
               {"usage", value("ID_FS_USAGE")},
               {"uuid", value("ID_FS_UUID")},
               {"version", value("ID_FS_VERSION")}},
              1);
  }
  if (!value("DM_NAME").empty()) {
    out.gauge("node_disk_device_mapper_info", "Info about disk device mapper.",
              {{"device", device},
               {"name", value("DM_NAME")},
               {"uuid", value("DM_UUID")},
               {"vg_name", value("DM_VG_NAME")},
               {"lv_name", value("DM_LV_NAME")},
               {"lv_layer", value("DM_LV_LAYER")}},
              1);
  }
  if (value("ID_ATA").empty()) return;
  const auto add_ata = [&](std::string_view key, std::string_view name, std::string_view help) {
    if (const auto number = to_double(value(key))) {
      out.gauge(name, help, {{"device", device}}, *number);
    }
  };
  add_ata("ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache", "ATA disk has a write cache.");
  add_ata("ID_ATA_WRITE_CACHE_ENABLED", "node_disk_ata_write_cache_enabled",
          "ATA disk has its write cache enabled.");
  add_ata("ID_ATA_ROTATION_RATE_RPM", "node_disk_ata_rotation_rate_rpm",
          "ATA disk rotation rate in RPMs (0 for SSDs).");
}

}  // namespace

Result<std::unique_ptr<Collector>> create_diskstats(const CollectorOptions& options) {
  return create_collector<Diskstats>(options);
}

}  // namespace alloy::prometheus::exporter_unix
