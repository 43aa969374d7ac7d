// zfs: the statistics of ZFS and of its pools.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

std::string with_underscores(std::string_view name) {
  std::string clean(name);
  std::ranges::replace(clean, '-', '_');
  return clean;
}

// "name type data" and a line for each; only 64-bit numbers are told. Calls each(name, data).
template <class Each>
Result<> for_each_statistic(std::string_view text, bool takes_signed, Each each) {
  bool has_begun = false;
  Result<> result;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.size() < 3) return;
    if (!has_begun) {
      has_begun = parts.size() == 3 && parts[0] == "name" && parts[1] == "type";
      return;
    }
    const bool is_number = parts[1] == "4" || (takes_signed && parts[1] == "3");
    if (!is_number) {
      each(parts[0], parts[2], std::optional<double>());
      return;
    }
    const auto value = to_count(parts[2]);
    if (!value) {
      result = fail(fmt::format("could not parse expected integer value for {}", quote(parts[0])));
      return;
    }
    each(parts[0], parts[2], std::optional(static_cast<double>(*value)));
  });
  if (!has_begun) return fail("did not parse a single metric");
  return result;
}

Result<> add_statistics(const std::string& folder, std::string_view subsystem,
                        std::string_view file, Metrics& out) {
  const std::string path = Paths::join(folder, file);
  if (!exists(path)) return {};  // Versions differ in what they have.
  TRY(const std::string text, read_text(path));
  return for_each_statistic(
      text, /*takes_signed=*/true,
      [&](std::string_view name, std::string_view, std::optional<double> value) {
        if (!value) return;
        // Names may have dots; only what follows the last one counts.
        const size_t dot = name.rfind('.');
        out.untyped(
            fmt::format("node_{}_{}", subsystem,
                        with_underscores(name.substr(dot == std::string_view::npos ? 0 : dot + 1))),
            fmt::format("kstat.zfs.misc.{}.{}", file, name), {}, *value);
      });
}

// A line of names, and one of numbers.
Result<> add_pool_io(const std::string& path, const std::string& pool, Metrics& out) {
  TRY(const std::string text, read_text(path));
  std::vector<std::string_view> names;
  Result<> result;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (names.empty()) {
      if (parts.size() >= 12 && parts[0] == "nread") names = parts;
      return;
    }
    for (size_t i = 0; i < names.size(); ++i) {
      const auto value = i < parts.size() ? to_count(parts[i]) : std::nullopt;
      const std::string key = fmt::format("kstat.zfs.misc.io.{}", names[i]);
      if (!value) {
        result = fail(fmt::format("could not parse expected integer value for {}", quote(key)));
        return;
      }
      out.untyped(fmt::format("node_zfs_zpool_{}", with_underscores(names[i])), key,
                  {{"zpool", pool}}, static_cast<double>(*value));
    }
  });
  return result;
}

Result<> add_dataset(const std::string& path, const std::string& pool, Metrics& out) {
  TRY(const std::string text, read_text(path));
  std::string dataset;
  return for_each_statistic(
      text, /*takes_signed=*/false,
      [&](std::string_view name, std::string_view data, std::optional<double> value) {
        if (name == "dataset_name") {
          dataset = data;
        } else if (value) {
          out.untyped(fmt::format("node_zfs_zpool_dataset_{}", with_underscores(name)),
                      fmt::format("kstat.zfs.misc.objset.{}", name),
                      {{"zpool", pool}, {"dataset", dataset}}, *value);
        }
      });
}

void add_pool_state(std::string state, const std::string& pool, Metrics& out) {
  std::ranges::transform(state, state.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  for (const std::string_view known :
       {"online", "degraded", "faulted", "offline", "removed", "unavail", "suspended"}) {
    out.gauge("node_zfs_zpool_state", "kstat.zfs.misc.state", {{"zpool", pool}, {"state", known}},
              known == state ? 1 : 0);
  }
}

}  // namespace

Result<> collect_zfs(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_proc("spl/kstat/zfs");
  if (!is_directory(folder)) return no_data();
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> files = {{
      {"zfs_abd", "abdstats"},
      {"zfs_arc", "arcstats"},
      {"zfs_dbuf", "dbufstats"},
      {"zfs_dmu_tx", "dmu_tx"},
      {"zfs_dnode", "dnodestats"},
      {"zfs_fm", "fm"},
      {"zfs_vdev_cache", "vdev_cache_stats"},
      {"zfs_vdev_mirror", "vdev_mirror_stats"},
      {"zfs_xuio", "xuio_stats"},
      {"zfs_zfetch", "zfetchstats"},
      {"zfs_zil", "zil"},
  }};
  for (const auto& [subsystem, file] : files) TRY(add_statistics(folder, subsystem, file, out));
  for (const std::string& pool : entries(folder)) {
    const std::string pool_folder = Paths::join(folder, pool);
    if (!is_directory(pool_folder)) continue;
    if (exists(pool_folder + "/io")) TRY(add_pool_io(pool_folder + "/io", pool, out));
    for (const std::string& name : entries(pool_folder)) {
      if (name.starts_with("objset-")) {
        TRY(add_dataset(Paths::join(pool_folder, name), pool, out));
      }
    }
    if (auto state = read_attribute(pool_folder + "/state")) {
      add_pool_state(*std::move(state), pool, out);
    }
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
