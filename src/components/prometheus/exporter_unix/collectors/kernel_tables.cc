// Tables of the kernel, for those who ask for them by name: buddyinfo, cgroups, interrupts,
// softirqs, slabinfo, ksmd, lnstat.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {

// "Node 0, zone  DMA32  759 572 …", a column an order.
Result<> collect_buddyinfo(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("buddyinfo")));
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.size() < 5) return;
    const std::string_view node = trim(parts[1], ",");
    for (size_t i = 4; i < parts.size(); ++i) {
      out.gauge("node_buddyinfo_blocks", "Count of free blocks according to size.",
                {{"node", node}, {"zone", parts[3]}, {"size", fmt::format("{}", i - 4)}},
                to_double_or_zero(parts[i]));
    }
  });
  return {};
}

// "#subsys_name hierarchy num_cgroups enabled"
Result<> collect_cgroups(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("cgroups")));
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.size() < 4 || line.starts_with('#')) return;
    constexpr std::string_view help = "Current cgroup number of the subsystem.";
    out.gauge("node_cgroups_cgroups", help, {{"subsys_name", parts[0]}},
              to_double_or_zero(parts[2]));
    out.gauge("node_cgroups_enabled", help, {{"subsys_name", parts[0]}},
              to_double_or_zero(parts[3]));
  });
  return {};
}

// A title with a column a CPU, then "name: counts… what it is".
Result<> collect_interrupts(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("interrupts")));
  if (text.empty()) return fail("interrupts empty");
  size_t cpu_count = 0;
  for_each_line(text, [&](std::string_view line) {
    if (cpu_count == 0) {
      cpu_count = words(line).size();
      return;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = trim(line.substr(0, colon));
    const auto parts = words(line.substr(colon + 1));
    if (parts.size() < cpu_count + 1) return;  // Those of errors count for all CPUs.
    const auto rest = std::span(parts).subspan(cpu_count);
    const bool is_numbered = to_count(name).has_value();
    const std::string info =
        is_numbered ? std::string(rest[0]) : fmt::format("{}", fmt::join(rest, " "));
    const std::string devices =
        is_numbered ? fmt::format("{}", fmt::join(rest.subspan(1), " ")) : "";
    for (size_t cpu = 0; cpu < cpu_count; ++cpu) {
      out.counter(
          "node_interrupts_total", "Interrupt details.",
          {{"cpu", fmt::format("{}", cpu)}, {"type", name}, {"info", info}, {"devices", devices}},
          to_double_or_zero(parts[cpu]));
    }
  });
  return {};
}

Result<> collect_softirqs(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("softirqs")));
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.empty() || !parts[0].ends_with(':')) return;
    const std::string_view type = parts[0].substr(0, parts[0].size() - 1);
    for (size_t i = 1; i < parts.size(); ++i) {
      out.counter("node_softirqs_functions_total", "Softirq counts per CPU.",
                  {{"cpu", fmt::format("{}", i - 1)}, {"type", type}}, to_double_or_zero(parts[i]));
    }
  });
  return {};
}

Result<> collect_slabinfo(const Paths& paths, Metrics& out) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> columns = {{
      {"active_objects", "The number of objects that are currently active (i.e., in use)."},
      {"objects",
       "The total number of allocated objects (i.e., objects that are both in use and not in "
       "use)."},
      {"object_size_bytes", "The size of objects in this slab, in bytes."},
      {"objects_per_slab", "The number of objects stored in each slab."},
      {"pages_per_slab", "The number of pages allocated for each slab."},
  }};
  TRY(const std::string text, read_text(paths.in_proc("slabinfo")));
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (line.starts_with("slabinfo") || line.starts_with('#')) return;
    if (parts.size() < columns.size() + 1) return;
    for (size_t i = 0; i < columns.size(); ++i) {
      out.gauge(fmt::format("node_slabinfo_{}", columns[i].first), columns[i].second,
                {{"slab", parts[0]}}, to_double_or_zero(parts[i + 1]));
    }
  });
  return {};
}

Result<> collect_ksmd(const Paths& paths, Metrics& out) {
  for (const std::string_view file :
       {"full_scans", "merge_across_nodes", "pages_shared", "pages_sharing", "pages_to_scan",
        "pages_unshared", "pages_volatile", "run", "sleep_millisecs"}) {
    TRY(const uint64_t count, require_count(paths.in_sys(fmt::format("kernel/mm/ksm/{}", file))));
    const auto value = static_cast<double>(count);
    const std::string help = fmt::format("ksmd '{}' file.", file);
    if (file == "full_scans") {
      out.counter("node_ksmd_full_scans_total", help, {}, value);
    } else if (file == "sleep_millisecs") {
      out.gauge("node_ksmd_sleep_seconds", help, {}, value / 1000);
    } else {
      out.gauge(fmt::format("node_ksmd_{}", file), help, {}, value);
    }
  }
  return {};
}

// Files with a line of names, then one of hexadecimal numbers for each CPU.
Result<> collect_lnstat(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_proc("net/stat");
  for (const std::string& file : entries(folder)) {
    TRY(const std::string text, read_text(Paths::join(folder, file)));
    std::vector<std::string_view> names;
    size_t cpu = 0;
    for_each_line(text, [&](std::string_view line) {
      const auto parts = words(line);
      if (names.empty()) {
        names = parts;
        return;
      }
      for (size_t i = 0; i < std::min(names.size(), parts.size()); ++i) {
        out.counter(fmt::format("node_lnstat_{}_total", names[i]), "linux network cache stats",
                    {{"subsystem", file}, {"cpu", fmt::format("{}", cpu)}},
                    static_cast<double>(to_hexadecimal(parts[i]).value_or(0)));
      }
      ++cpu;
    });
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
