#include "components/prometheus/exporter_unix/collectors.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr bool by_default = true;
constexpr bool if_named = false;

// What needs a library or a facility that the program does not have.
template <char const* name>
Result<std::unique_ptr<Collector>> not_built(const CollectorOptions&) {
  return fail(fmt::format("the {} collector is not built into this program", name));
}

constexpr char wifi_name[] = "wifi";

constexpr auto types = std::to_array<CollectorType>({
    {"arp", by_default, create_arp},
    {"bcache", by_default, create_bcache},
    {"bonding", by_default, create_plain<collect_bonding>},
    {"btrfs", by_default, create_plain<collect_btrfs>},
    {"buddyinfo", if_named, create_plain<collect_buddyinfo>},
    {"cgroups", if_named, create_plain<collect_cgroups>},
    {"conntrack", by_default, create_plain<collect_conntrack>},
    {"cpu", by_default, create_cpu},
    {"cpu_vulnerabilities", if_named, create_plain<collect_cpu_vulnerabilities>},
    {"cpufreq", by_default, create_plain<collect_cpufreq>},
    {"diskstats", by_default, create_diskstats},
    {"dmi", by_default, create_dmi},
    {"drbd", if_named, create_plain<collect_drbd>},
    {"drm", if_named, create_plain<collect_drm>},
    {"edac", by_default, create_plain<collect_edac>},
    {"entropy", by_default, create_plain<collect_entropy>},
    {"ethtool", if_named, create_ethtool},
    {"fibrechannel", by_default, create_plain<collect_fibrechannel>},
    {"filefd", by_default, create_plain<collect_filefd>},
    {"filesystem", by_default, create_filesystem},
    {"hwmon", by_default, create_hwmon},
    {"infiniband", by_default, create_plain<collect_infiniband>},
    {"interrupts", if_named, create_plain<collect_interrupts>},
    {"ipvs", by_default, create_ipvs},
    {"ksmd", if_named, create_plain<collect_ksmd>},
    {"lnstat", if_named, create_plain<collect_lnstat>},
    {"loadavg", by_default, create_plain<collect_loadavg>},
    {"logind", if_named, create_plain<collect_logind>},
    {"mdadm", by_default, create_plain<collect_mdadm>},
    {"meminfo", by_default, create_plain<collect_meminfo>},
    {"meminfo_numa", if_named, create_plain<collect_meminfo_numa>},
    {"mountstats", if_named, create_plain<collect_mountstats>},
    {"netclass", by_default, create_netclass},
    {"netdev", by_default, create_netdev},
    {"netstat", by_default, create_netstat},
    {"network_route", if_named, create_plain<collect_network_route>},
    {"nfs", by_default, create_plain<collect_nfs>},
    {"nfsd", by_default, create_plain<collect_nfsd>},
    {"ntp", if_named, create_ntp},
    {"nvme", by_default, create_plain<collect_nvme>},
    {"os", by_default, create_plain<collect_os>},
    {"perf", if_named, create_perf},
    {"powersupplyclass", by_default, create_powersupplyclass},
    {"pressure", by_default, create_plain<collect_pressure>},
    {"processes", by_default, create_plain<collect_processes>},
    {"qdisc", if_named, create_plain<collect_qdisc>},
    {"rapl", by_default, create_plain<collect_rapl>},
    {"runit", if_named, create_runit},
    {"schedstat", by_default, create_plain<collect_schedstat>},
    {"selinux", by_default, create_plain<collect_selinux>},
    {"slabinfo", if_named, create_plain<collect_slabinfo>},
    {"sockstat", by_default, create_plain<collect_sockstat>},
    {"softirqs", if_named, create_plain<collect_softirqs>},
    {"softnet", by_default, create_plain<collect_softnet>},
    {"stat", by_default, create_plain<collect_stat>},
    {"supervisord", if_named, create_supervisord},
    {"sysctl", if_named, create_sysctl},
    {"systemd", if_named, create_systemd},
    {"tapestats", by_default, create_tapestats},
    {"tcpstat", if_named, create_plain<collect_tcpstat>},
    {"textfile", by_default, create_textfile},
    {"thermal_zone", by_default, create_plain<collect_thermal_zone>},
    {"time", by_default, create_time},
    {"timex", by_default, create_plain<collect_timex>},
    {"udp_queues", by_default, create_plain<collect_udp_queues>},
    {"uname", by_default, create_plain<collect_uname>},
    {"vmstat", by_default, create_vmstat},
    {"wifi", if_named, not_built<wifi_name>},
    {"xfs", by_default, create_plain<collect_xfs>},
    {"zfs", by_default, create_plain<collect_zfs>},
    {"zoneinfo", if_named, create_plain<collect_zoneinfo>},
});

// Collectors of other systems, which configurations for several systems name.
constexpr std::array<std::string_view, 5> elsewhere = {"boottime", "devstat", "exec", "netisr",
                                                       "thermal"};

// Those that can't say anything without a proc or a sys file system.
constexpr auto need_proc = std::to_array<std::string_view>(
    {"arp",        "buddyinfo", "cgroups", "cpu",      "diskstats",  "entropy",   "ipvs",
     "mountstats", "nfs",       "nfsd",    "pressure", "processes",  "schedstat", "slabinfo",
     "softirqs",   "softnet",   "stat",    "sysctl",   "udp_queues", "xfs",       "zoneinfo"});
constexpr auto need_sys = std::to_array<std::string_view>(
    {"bcache", "btrfs", "cpu", "cpufreq", "diskstats", "dmi", "drm", "ethtool", "fibrechannel",
     "infiniband", "netclass", "nvme", "rapl", "tapestats", "thermal_zone", "xfs"});

Result<> check_mount(std::string_view what, const std::string& path) {
  if (is_directory(path)) return {};
  return fail(
      exists(path)
          ? fmt::format("failed to open {}: mount point {} is not a directory", what, quote(path))
          : fmt::format("failed to open {}: could not read {}: stat {}: no such file or "
                        "directory",
                        what, quote(path), path));
}

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

void tell_unknown(std::span<const std::string> names, const Logger& logger) {
  for (const std::string& name : names) {
    if (std::ranges::find(types, name, &CollectorType::name) != types.end()) continue;
    const bool is_elsewhere = std::ranges::find(elsewhere, name) != elsewhere.end();
    logger.warn(is_elsewhere ? "collector does not exist on Linux, ignoring it"
                             : "unknown collector, ignoring it",
                {{"name", name}});
  }
}

}  // namespace

std::span<const CollectorType> collector_types() { return types; }

std::vector<const CollectorType*> choose_collectors(const Arguments& arguments,
                                                    const Logger& logger) {
  tell_unknown(arguments.set_collectors, logger);
  tell_unknown(arguments.enable_collectors, logger);
  tell_unknown(arguments.disable_collectors, logger);
  std::vector<const CollectorType*> chosen;
  for (const CollectorType& type : types) {
    bool is_enabled = arguments.set_collectors.empty()
                          ? type.is_default
                          : contains(arguments.set_collectors, type.name);
    // Who is named in both lists runs.
    if (contains(arguments.disable_collectors, type.name)) is_enabled = false;
    if (contains(arguments.enable_collectors, type.name)) is_enabled = true;
    if (is_enabled) chosen.push_back(&type);
  }
  return chosen;
}

Result<> check_paths(std::span<const CollectorType* const> chosen, const Paths& paths) {
  const auto is_any_of = [&](std::span<const std::string_view> names) {
    return std::ranges::any_of(chosen, [&](const CollectorType* type) {
      return std::ranges::find(names, type->name) != names.end();
    });
  };
  if (is_any_of(need_proc)) TRY(check_mount("procfs", paths.proc));
  if (is_any_of(need_sys)) TRY(check_mount("sysfs", paths.sys));
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
