// What prometheus.exporter.unix takes: where the kernel's file systems are, which collectors run,
// and a block for each collector that can be told more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "schema/fields.h"

namespace alloy::prometheus::exporter_unix {

struct ArpArguments {
  std::string device_exclude;
  std::string device_include;
  bool netlink = false;

  static constexpr auto schema() {
    return fields(
        optional<&ArpArguments::device_exclude>("device_exclude", "Devices that are left out."),
        optional<&ArpArguments::device_include>("device_include", "The only devices to tell of."),
        optional<&ArpArguments::netlink>("netlink",
                                         "Whether to ask over netlink instead of reading "
                                         "/proc/net/arp."));
  }
};

struct BcacheArguments {
  bool priority_stats = false;

  static constexpr auto schema() {
    return fields(optional<&BcacheArguments::priority_stats>(
        "priority_stats", "Whether to read the priority statistics, which are expensive."));
  }
};

struct CpuArguments {
  std::string bugs_include;
  bool guest = false;
  bool info = false;
  std::string flags_include;

  static constexpr auto schema() {
    return fields(
        optional<&CpuArguments::bugs_include>("bugs_include",
                                              "Which of the CPU's `bugs` to tell of."),
        optional<&CpuArguments::guest>("guest", "Whether to tell of the time spent in guests."),
        optional<&CpuArguments::info>("info", "Whether to tell what kind of CPU it is."),
        optional<&CpuArguments::flags_include>("flags_include",
                                               "Which of the CPU's `flags` to tell of."));
  }
};

struct DiskArguments {
  std::string device_exclude = R"(^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$)";
  std::string device_include;

  static constexpr auto schema() {
    return fields(
        optional<&DiskArguments::device_exclude>("device_exclude", "Devices that are left out."),
        optional<&DiskArguments::device_include>(
            "device_include", "The only devices to tell of; `device_exclude` is then not used."));
  }
};

struct EthtoolArguments {
  std::string device_exclude;
  std::string device_include;
  std::string metrics_include = ".*";

  static constexpr auto schema() {
    return fields(
        optional<&EthtoolArguments::device_exclude>("device_exclude", "Devices that are left out."),
        optional<&EthtoolArguments::device_include>("device_include",
                                                    "The only devices to tell of."),
        optional<&EthtoolArguments::metrics_include>("metrics_include",
                                                     "Which of the driver's statistics to tell."));
  }
};

struct FilesystemArguments {
  std::string fs_types_exclude =
      "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|"
      "iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|"
      "sysfs|tracefs)$";
  std::string mount_points_exclude = "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+)($|/)";
  Duration mount_timeout = std::chrono::seconds(5);

  static constexpr auto schema() {
    return fields(
        optional<&FilesystemArguments::fs_types_exclude>("fs_types_exclude",
                                                         "Types of file system to leave out."),
        optional<&FilesystemArguments::mount_points_exclude>("mount_points_exclude",
                                                             "Mount points to leave out."),
        optional<&FilesystemArguments::mount_timeout>(
            "mount_timeout", "How long a mount point may take before it counts as stuck."));
  }
};

struct HwmonArguments {
  std::string chip_exclude;
  std::string chip_include;

  static constexpr auto schema() {
    return fields(
        optional<&HwmonArguments::chip_exclude>("chip_exclude", "Chips that are left out."),
        optional<&HwmonArguments::chip_include>("chip_include", "The only chips to tell of."));
  }
};

struct IpvsArguments {
  std::vector<std::string> backend_labels;

  static constexpr auto schema() {
    return fields(optional<&IpvsArguments::backend_labels>(
        "backend_labels",
        "What tells backends apart: of `local_address`, `local_port`, "
        "`remote_address`, `remote_port`, `proto`, `local_mark`; by default "
        "all of them."));
  }
};

struct NtpArguments {
  int64_t ip_ttl = 1;
  Duration local_offset_tolerance = std::chrono::milliseconds(1);
  Duration max_distance = std::chrono::microseconds(3466080);
  int64_t protocol_version = 4;
  std::string server = "127.0.0.1";
  bool server_is_local = false;

  static constexpr auto schema() {
    return fields(
        optional<&NtpArguments::ip_ttl>("ip_ttl", "The time to live of the questions."),
        optional<&NtpArguments::local_offset_tolerance>(
            "local_offset_tolerance", "How far a local server's clock may be from ours."),
        optional<&NtpArguments::max_distance>("max_distance",
                                              "How far from its root a sane server may be."),
        optional<&NtpArguments::protocol_version>("protocol_version", "2, 3 or 4."),
        optional<&NtpArguments::server>("server", "The server to ask."),
        optional<&NtpArguments::server_is_local>("server_is_local",
                                                 "Whether another server than this machine may "
                                                 "be asked."));
  }
};

struct NetclassArguments {
  bool ignore_invalid_speed_device = false;
  std::string ignored_devices = "^$";

  static constexpr auto schema() {
    return fields(optional<&NetclassArguments::ignore_invalid_speed_device>(
                      "ignore_invalid_speed_device", "Whether devices of unknown speed tell none."),
                  optional<&NetclassArguments::ignored_devices>("ignored_devices",
                                                                "Devices that are left out."));
  }
};

struct NetdevArguments {
  bool address_info = false;
  std::string device_exclude;
  std::string device_include;

  static constexpr auto schema() {
    return fields(
        optional<&NetdevArguments::address_info>("address_info",
                                                 "Whether to tell the devices' addresses."),
        optional<&NetdevArguments::device_exclude>("device_exclude", "Devices that are left out."),
        optional<&NetdevArguments::device_include>("device_include",
                                                   "The only devices to tell of."));
  }
};

struct NetstatArguments {
  std::string fields =
      "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
      "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)|"
      "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
      "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$";

  static constexpr auto schema() {
    return alloy::fields(
        optional<&NetstatArguments::fields>("fields", "Which statistics to tell."));
  }
};

struct PerfArguments {
  std::string cpus;
  std::vector<std::string> tracepoint;
  bool disable_hardware_profilers = false;
  bool disable_software_profilers = false;
  bool disable_cache_profilers = false;
  std::vector<std::string> hardware_profilers;
  std::vector<std::string> software_profilers;
  std::vector<std::string> cache_profilers;

  static constexpr auto schema() {
    return fields(
        optional<&PerfArguments::cpus>("cpus", "Which CPUs, as `0-3` or `0-10:2`; all if empty."),
        optional<&PerfArguments::tracepoint>(
            "tracepoint", "Tracepoints to count, as `sched:sched_process_exec`."),
        optional<&PerfArguments::disable_hardware_profilers>(
            "disable_hardware_profilers", "Whether to leave out hardware events."),
        optional<&PerfArguments::disable_software_profilers>(
            "disable_software_profilers", "Whether to leave out software events."),
        optional<&PerfArguments::disable_cache_profilers>("disable_cache_profilers",
                                                          "Whether to leave out cache events."),
        optional<&PerfArguments::hardware_profilers>("hardware_profilers",
                                                     "Which hardware events; all if empty."),
        optional<&PerfArguments::software_profilers>("software_profilers",
                                                     "Which software events; all if empty."),
        optional<&PerfArguments::cache_profilers>("cache_profilers",
                                                  "Which cache events; all if empty."));
  }
};

struct PowersupplyArguments {
  std::string ignored_supplies = "^$";

  static constexpr auto schema() {
    return fields(optional<&PowersupplyArguments::ignored_supplies>(
        "ignored_supplies", "Power supplies that are left out."));
  }
};

struct RunitArguments {
  std::string service_dir = "/etc/service";

  static constexpr auto schema() {
    return fields(optional<&RunitArguments::service_dir>("service_dir",
                                                         "Where the services' directories are."));
  }
};

struct SupervisordArguments {
  std::string url = default_url();

  static std::string default_url();
  static constexpr auto schema() {
    return fields(optional<&SupervisordArguments::url>(
        "url", "The XML-RPC endpoint; the environment's `SUPERVISORD_URL` if it is set."));
  }
};

struct SysctlArguments {
  std::vector<std::string> include;
  std::vector<std::string> include_info;

  static constexpr auto schema() {
    return fields(optional<&SysctlArguments::include>("include",
                                                      "Numeric values to tell, such as "
                                                      "`net.ipv4.tcp_rmem:min,default,max`."),
                  optional<&SysctlArguments::include_info>("include_info",
                                                           "Values to tell as text in a label."));
  }
};

struct SystemdArguments {
  bool enable_restarts = false;
  bool start_time = false;
  bool task_metrics = false;
  std::string unit_exclude = R"(.+\.(automount|device|mount|scope|slice))";
  std::string unit_include = ".+";

  static constexpr auto schema() {
    return fields(
        optional<&SystemdArguments::enable_restarts>("enable_restarts",
                                                     "Whether to count services' restarts."),
        optional<&SystemdArguments::start_time>("start_time",
                                                "Whether to tell when units started."),
        optional<&SystemdArguments::task_metrics>("task_metrics",
                                                  "Whether to count services' tasks."),
        optional<&SystemdArguments::unit_exclude>("unit_exclude", "Units that are left out."),
        optional<&SystemdArguments::unit_include>("unit_include", "The only units to tell of."));
  }
};

struct TapestatsArguments {
  std::string ignored_devices = "^$";

  static constexpr auto schema() {
    return fields(optional<&TapestatsArguments::ignored_devices>("ignored_devices",
                                                                 "Tape drives that are left out."));
  }
};

struct TextfileArguments {
  std::string directory;

  static constexpr auto schema() {
    return fields(optional<&TextfileArguments::directory>(
        "directory", "Where the `.prom` files are; may be a glob of directories."));
  }
};

struct VmstatArguments {
  std::string fields = "^(oom_kill|pgpg|pswp|pg.*fault).*";

  static constexpr auto schema() {
    return alloy::fields(
        optional<&VmstatArguments::fields>("fields", "Which fields of /proc/vmstat to tell."));
  }
};

struct Arguments {
  bool include_exporter_metrics = false;
  std::string procfs_path = "/proc";
  std::string sysfs_path = "/sys";
  std::string rootfs_path = "/";
  std::string udev_data_path = "/run/udev/data";
  std::vector<std::string> enable_collectors;
  std::vector<std::string> disable_collectors;
  std::vector<std::string> set_collectors;
  ArpArguments arp;
  BcacheArguments bcache;
  CpuArguments cpu;
  DiskArguments disk;
  EthtoolArguments ethtool;
  FilesystemArguments filesystem;
  HwmonArguments hwmon;
  IpvsArguments ipvs;
  NtpArguments ntp;
  NetclassArguments netclass;
  NetdevArguments netdev;
  NetstatArguments netstat;
  PerfArguments perf;
  PowersupplyArguments powersupply;
  RunitArguments runit;
  SupervisordArguments supervisord;
  SysctlArguments sysctl;
  SystemdArguments systemd;
  TapestatsArguments tapestats;
  TextfileArguments textfile;
  VmstatArguments vmstat;

  static constexpr auto schema() {
    return fields(
        optional<&Arguments::include_exporter_metrics>(
            "include_exporter_metrics", "Whether to count the scrapes of the exporter itself."),
        optional<&Arguments::procfs_path>("procfs_path", "Where the proc file system is mounted."),
        optional<&Arguments::sysfs_path>("sysfs_path", "Where the sys file system is mounted."),
        optional<&Arguments::rootfs_path>("rootfs_path",
                                          "Where the root of the machine is mounted."),
        optional<&Arguments::udev_data_path>("udev_data_path", "Where udev keeps its data."),
        optional<&Arguments::enable_collectors>("enable_collectors",
                                                "Collectors that run besides the default ones."),
        optional<&Arguments::disable_collectors>("disable_collectors",
                                                 "Default collectors that do not run."),
        optional<&Arguments::set_collectors>("set_collectors",
                                             "The collectors that run instead of the default."),
        block<&Arguments::arp>("arp", "The arp collector."),
        block<&Arguments::bcache>("bcache", "The bcache collector."),
        block<&Arguments::cpu>("cpu", "The cpu collector."),
        block<&Arguments::disk>("disk", "The diskstats collector."),
        block<&Arguments::ethtool>("ethtool", "The ethtool collector."),
        block<&Arguments::filesystem>("filesystem", "The filesystem collector."),
        block<&Arguments::hwmon>("hwmon", "The hwmon collector."),
        block<&Arguments::ipvs>("ipvs", "The ipvs collector."),
        block<&Arguments::ntp>("ntp", "The ntp collector."),
        block<&Arguments::netclass>("netclass", "The netclass collector."),
        block<&Arguments::netdev>("netdev", "The netdev collector."),
        block<&Arguments::netstat>("netstat", "The netstat collector."),
        block<&Arguments::perf>("perf", "The perf collector."),
        block<&Arguments::powersupply>("powersupply", "The powersupplyclass collector."),
        block<&Arguments::runit>("runit", "The runit collector."),
        block<&Arguments::supervisord>("supervisord", "The supervisord collector."),
        block<&Arguments::sysctl>("sysctl", "The sysctl collector."),
        block<&Arguments::systemd>("systemd", "The systemd collector."),
        block<&Arguments::tapestats>("tapestats", "The tapestats collector."),
        block<&Arguments::textfile>("textfile", "The textfile collector."),
        block<&Arguments::vmstat>("vmstat", "The vmstat collector."));
  }
};

}  // namespace alloy::prometheus::exporter_unix
