// bcache: disks that cache other disks.
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// "1.1k", as the kernel writes sizes for people: behind the dot stand tenths of 1024, not of 1000.
std::optional<double> parse_size(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  constexpr std::string_view units = "kMGTPEZY";
  double factor = 1;
  double fraction = 0;
  if (const size_t unit = units.find(text.back()); unit != std::string_view::npos) {
    factor = std::pow(1024.0, static_cast<double>(unit + 1));
    text.remove_suffix(1);
    if (const size_t dot = text.find('.'); dot != std::string_view::npos) {
      const auto tenths = to_double(text.substr(dot + 1));
      if (!tenths) return std::nullopt;
      fraction = *tenths / 10.24;
      text = text.substr(0, dot);
    }
  }
  const auto whole = to_double(text);
  if (!whole) return std::nullopt;
  const double value = std::trunc((*whole + fraction) * factor);
  return is_negative ? -value : value;
}

// A file that is not there counts as 0: kernels differ.
double read_size(const std::string& path) {
  return parse_size(read_attribute_or_empty(path)).value_or(0);
}

struct SizeFile {
  std::string_view file;
  std::string_view name;
  std::string_view help;
  double factor = 1;
  Kind kind = Kind::gauge;
};

constexpr std::array<SizeFile, 10> set_files = {{
    {"average_key_size", "average_key_size_sectors",
     "Average data per key in the btree (sectors)."},
    {"btree_cache_size", "btree_cache_size_bytes",
     "Amount of memory currently used by the btree cache."},
    {"cache_available_percent", "cache_available_percent",
     "Percentage of cache device without dirty data, usable for writeback (may contain clean "
     "cached "
     "data)."},
    {"congested", "congested", "Congestion."},
    {"root_usage_percent", "root_usage_percent",
     "Percentage of the root btree node in use (tree depth increases if too high)."},
    {"tree_depth", "tree_depth", "Depth of the btree."},
    {"internal/active_journal_entries", "active_journal_entries",
     "Number of journal entries that are newer than the index."},
    {"internal/btree_nodes", "btree_nodes", "Total nodes in the btree."},
    {"internal/btree_read_average_duration_us", "btree_read_average_duration_seconds",
     "Average btree read duration.", 1e-9},
    {"internal/cache_read_races", "cache_read_races_total",
     "Counts instances where while data was being read from the cache, the bucket was reused and "
     "invalidated - i.e. where the pointer was stale after the read completed.",
     1, Kind::counter},
}};

constexpr std::array<SizeFile, 7> backing_files = {{
    {"bypassed", "bypassed_bytes_total",
     "Amount of IO (both reads and writes) that has bypassed the cache."},
    {"cache_hits", "cache_hits_total", "Hits counted per individual IO as bcache sees them."},
    {"cache_misses", "cache_misses_total", "Misses counted per individual IO as bcache sees them."},
    {"cache_bypass_hits", "cache_bypass_hits_total", "Hits for IO intended to skip the cache."},
    {"cache_bypass_misses", "cache_bypass_misses_total",
     "Misses for IO intended to skip the cache."},
    {"cache_miss_collisions", "cache_miss_collisions_total",
     "Instances where data insertion from cache miss raced with write (data already present)."},
    {"cache_readaheads", "cache_readaheads_total", "Count of times readahead occurred."},
}};

constexpr std::array<SizeFile, 3> cache_files = {{
    {"io_errors", "io_errors",
     "Number of errors that have occurred, decayed by io_error_halflife."},
    {"metadata_written", "metadata_written_bytes_total",
     "Sum of all non data writes (btree writes and all other metadata).", 1, Kind::counter},
    {"written", "written_bytes_total", "Sum of all data that has been written to the cache.", 1,
     Kind::counter},
}};

// Lines of writeback_rate_debug.
constexpr std::array<SizeFile, 5> writeback_lines = {{
    {"target:", "dirty_target_bytes",
     "Current dirty data target threshold for this backing device in bytes."},
    {"rate:", "writeback_rate", "Current writeback rate for this backing device in bytes."},
    {"proportional:", "writeback_rate_proportional_term",
     "Current result of proportional controller, part of writeback rate"},
    {"integral:", "writeback_rate_integral_term",
     "Current result of integral controller, part of writeback rate"},
    {"change:", "writeback_change", "Last writeback rate change step for this backing device."},
}};

class Bcache final : public Collector {
 public:
  Bcache(Paths paths, bool tells_priorities)
      : paths_(std::move(paths)), tells_priorities_(tells_priorities) {}
  static Result<std::unique_ptr<Bcache>> create(const CollectorOptions& options) {
    return std::make_unique<Bcache>(options.paths, options.arguments.bcache.priority_stats);
  }

  Result<> collect(Metrics& out) override {
    const std::string folder = paths_.in_sys("fs/bcache");
    for (const std::string& uuid : entries(folder)) {
      if (!uuid.contains('-')) continue;
      const std::string files = fmt::format("{}/{}/", folder, uuid);
      for (const SizeFile& file : set_files) {
        out.add(file.kind, fmt::format("node_bcache_{}", file.name), file.help,
                std::array<Label, 1>{{{"uuid", uuid}}},
                read_size(files + std::string(file.file)) * file.factor);
      }
      for (const std::string& name : entries(files)) {
        if (number_behind(name, "bdev")) add_backing_device(uuid, name, files + name + "/", out);
        if (number_behind(name, "cache")) add_cache(uuid, name, files + name + "/", out);
      }
    }
    return {};
  }

 private:
  static void add(const SizeFile& file, Kind kind, Labels labels, double value, Metrics& out) {
    out.add(kind, fmt::format("node_bcache_{}", file.name), file.help, labels, value);
  }

  static void add_backing_device(const std::string& uuid, const std::string& name,
                                 const std::string& files, Metrics& out) {
    const std::array<Label, 2> labels = {{{"uuid", uuid}, {"backing_device", name}}};
    out.add(Kind::gauge, "node_bcache_dirty_data_bytes",
            "Amount of dirty data for this backing device in the cache.", labels,
            read_size(files + "dirty_data"));
    const std::string debug = read_attribute_or_empty(files + "writeback_rate_debug");
    for (const SizeFile& line : writeback_lines) {
      double value = 0;
      for_each_line(debug, [&](std::string_view text) {
        const auto parts = words(text);
        if (parts.size() < 2 || parts[0] != line.file) return;
        std::string_view size = parts.back();
        if (size.ends_with("/sec")) size.remove_suffix(4);
        value = parse_size(size).value_or(0);
      });
      add(line, line.kind, labels, value, out);
    }
    for (const SizeFile& file : backing_files) {
      const double value = read_size(files + "stats_total/" + std::string(file.file));
      // New kernels do not count what was read ahead.
      if (file.file == "cache_readaheads" && value == 0) continue;
      add(file, Kind::counter, labels, value, out);
    }
  }

  void add_cache(const std::string& uuid, const std::string& name, const std::string& files,
                 Metrics& out) const {
    const std::array<Label, 2> labels = {{{"uuid", uuid}, {"cache_device", name}}};
    for (const SizeFile& file : cache_files) {
      add(file, file.kind, labels, read_size(files + std::string(file.file)), out);
    }
    if (!tells_priorities_) return;
    for_each_line(read_attribute_or_empty(files + "priority_stats"), [&](std::string_view line) {
      const auto parts = words(line);
      if (parts.size() < 2) return;
      const double percent = to_double_or_zero(trim(parts.back(), "%"));
      if (parts[0] == "Unused:") {
        out.add(Kind::gauge, "node_bcache_priority_stats_unused_percent",
                "The percentage of the cache that doesn't contain any data.", labels, percent);
      } else if (parts[0] == "Metadata:") {
        out.add(Kind::gauge, "node_bcache_priority_stats_metadata_percent",
                "Bcache's metadata overhead.", labels, percent);
      }
    });
  }

  Paths paths_;
  bool tells_priorities_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_bcache(const CollectorOptions& options) {
  return create_collector<Bcache>(options);
}

}  // namespace alloy::prometheus::exporter_unix
