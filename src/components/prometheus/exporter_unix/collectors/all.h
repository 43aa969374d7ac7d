// The collectors: each is a function of the paths, or is created from its arguments. The .cc files
// of this folder define them, those that read alike in one file.
#pragma once

#include <array>

#include "components/prometheus/exporter_unix/collector.h"

namespace alloy::prometheus::exporter_unix {

Result<> collect_bonding(const Paths& paths, Metrics& out);
Result<> collect_btrfs(const Paths& paths, Metrics& out);
Result<> collect_buddyinfo(const Paths& paths, Metrics& out);
Result<> collect_cgroups(const Paths& paths, Metrics& out);
Result<> collect_conntrack(const Paths& paths, Metrics& out);
Result<> collect_cpu_vulnerabilities(const Paths& paths, Metrics& out);
Result<> collect_cpufreq(const Paths& paths, Metrics& out);
Result<> collect_drbd(const Paths& paths, Metrics& out);
Result<> collect_drm(const Paths& paths, Metrics& out);
Result<> collect_edac(const Paths& paths, Metrics& out);
Result<> collect_entropy(const Paths& paths, Metrics& out);
Result<> collect_fibrechannel(const Paths& paths, Metrics& out);
Result<> collect_filefd(const Paths& paths, Metrics& out);
Result<> collect_infiniband(const Paths& paths, Metrics& out);
Result<> collect_interrupts(const Paths& paths, Metrics& out);
Result<> collect_ksmd(const Paths& paths, Metrics& out);
Result<> collect_lnstat(const Paths& paths, Metrics& out);
Result<> collect_loadavg(const Paths& paths, Metrics& out);
Result<> collect_logind(const Paths& paths, Metrics& out);
Result<> collect_mdadm(const Paths& paths, Metrics& out);
Result<> collect_meminfo(const Paths& paths, Metrics& out);
Result<> collect_meminfo_numa(const Paths& paths, Metrics& out);
Result<> collect_mountstats(const Paths& paths, Metrics& out);
Result<> collect_network_route(const Paths& paths, Metrics& out);
Result<> collect_nfs(const Paths& paths, Metrics& out);
Result<> collect_nfsd(const Paths& paths, Metrics& out);
Result<> collect_nvme(const Paths& paths, Metrics& out);
Result<> collect_os(const Paths& paths, Metrics& out);
Result<> collect_pressure(const Paths& paths, Metrics& out);
Result<> collect_processes(const Paths& paths, Metrics& out);
Result<> collect_qdisc(const Paths& paths, Metrics& out);
Result<> collect_rapl(const Paths& paths, Metrics& out);
Result<> collect_schedstat(const Paths& paths, Metrics& out);
Result<> collect_selinux(const Paths& paths, Metrics& out);
Result<> collect_slabinfo(const Paths& paths, Metrics& out);
Result<> collect_sockstat(const Paths& paths, Metrics& out);
Result<> collect_softirqs(const Paths& paths, Metrics& out);
Result<> collect_softnet(const Paths& paths, Metrics& out);
Result<> collect_stat(const Paths& paths, Metrics& out);
Result<> collect_tcpstat(const Paths& paths, Metrics& out);
Result<> collect_thermal_zone(const Paths& paths, Metrics& out);
Result<> collect_timex(const Paths& paths, Metrics& out);
Result<> collect_udp_queues(const Paths& paths, Metrics& out);
Result<> collect_uname(const Paths& paths, Metrics& out);
Result<> collect_xfs(const Paths& paths, Metrics& out);
Result<> collect_zfs(const Paths& paths, Metrics& out);
Result<> collect_zoneinfo(const Paths& paths, Metrics& out);

Result<std::unique_ptr<Collector>> create_arp(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_bcache(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_cpu(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_diskstats(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_dmi(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_ethtool(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_filesystem(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_hwmon(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_ipvs(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_netclass(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_netdev(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_netstat(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_ntp(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_perf(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_powersupplyclass(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_runit(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_supervisord(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_sysctl(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_systemd(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_tapestats(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_textfile(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_time(const CollectorOptions& options);
Result<std::unique_ptr<Collector>> create_vmstat(const CollectorOptions& options);

}  // namespace alloy::prometheus::exporter_unix
