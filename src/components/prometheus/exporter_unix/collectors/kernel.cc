// What the kernel says of itself in a line or two: loadavg, stat, filefd, entropy, uname, selinux.
#include <sys/utsname.h>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {

Result<> collect_loadavg(const Paths& paths, Metrics& out) {
  const std::string path = paths.in_proc("loadavg");
  TRY(const std::string text, read_text(path));
  const auto parts = words(text);
  if (parts.size() < 3) return fail(fmt::format("unexpected content in {}", path));
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> families = {
      {{"node_load1", "1m load average."},
       {"node_load5", "5m load average."},
       {"node_load15", "15m load average."}}};
  for (size_t i = 0; i < families.size(); ++i) {
    const auto value = to_double(parts[i]);
    if (!value) return fail(fmt::format("could not parse load '{}'", parts[i]));
    out.gauge(families[i].first, families[i].second, {}, *value);
  }
  return {};
}

Result<> collect_stat(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("stat")));
  struct Known {
    std::string_view key;
    Kind kind;
    std::string_view name;
    std::string_view help;
  };
  static constexpr std::array<Known, 6> known = {{
      {"intr", Kind::counter, "node_intr_total", "Total number of interrupts serviced."},
      {"ctxt", Kind::counter, "node_context_switches_total", "Total number of context switches."},
      {"processes", Kind::counter, "node_forks_total", "Total number of forks."},
      {"btime", Kind::gauge, "node_boot_time_seconds", "Node boot time, in unixtime."},
      {"procs_running", Kind::gauge, "node_procs_running",
       "Number of processes in runnable state."},
      {"procs_blocked", Kind::gauge, "node_procs_blocked",
       "Number of processes blocked waiting for I/O to complete."},
  }};
  for_each_line(text, [&](std::string_view line) {
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return;
    for (const Known& entry : known) {
      if (line.substr(0, blank) != entry.key) continue;
      std::string_view value = line.substr(blank + 1);
      value = value.substr(0, value.find(' '));
      out.add(entry.kind, entry.name, entry.help, {}, to_double_or_zero(value));
    }
  });
  return {};
}

Result<> collect_filefd(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("sys/fs/file-nr")));
  const auto parts = words(text);
  if (parts.size() < 3) return fail("unexpected number of file stats in file-nr");
  const auto allocated = to_double(parts[0]);
  const auto maximum = to_double(parts[2]);
  if (!allocated || !maximum) return fail("invalid value in file-nr");
  out.gauge("node_filefd_allocated", "File descriptor statistics: allocated.", {}, *allocated);
  out.gauge("node_filefd_maximum", "File descriptor statistics: maximum.", {}, *maximum);
  return {};
}

Result<> collect_entropy(const Paths& paths, Metrics& out) {
  TRY(const uint64_t available, require_count(paths.in_proc("sys/kernel/random/entropy_avail")));
  out.gauge("node_entropy_available_bits", "Bits of available entropy.", {},
            static_cast<double>(available));
  TRY(const uint64_t size, require_count(paths.in_proc("sys/kernel/random/poolsize")));
  out.gauge("node_entropy_pool_size_bits", "Bits of entropy pool.", {}, static_cast<double>(size));
  return {};
}

Result<> collect_uname(const Paths&, Metrics& out) {
  utsname names{};
  if (::uname(&names) != 0) return std::unexpected(Error::from_errno("uname"));
  out.gauge("node_uname_info", "Labeled system information as provided by the uname system call.",
            {{"sysname", names.sysname},
             {"release", names.release},
             {"version", names.version},
             {"machine", names.machine},
             {"nodename", names.nodename},
             {"domainname", names.domainname}},
            1);
  return {};
}

Result<> collect_selinux(const Paths& paths, Metrics& out) {
  const auto current = read_integer(paths.in_sys("fs/selinux/enforce"));
  const bool is_enabled = current.has_value();
  out.gauge("node_selinux_enabled", "SELinux is enabled, 1 is true, 0 is false", {},
            is_enabled ? 1 : 0);
  if (!is_enabled) return {};
  double configured = -1;  // Disabled.
  for_each_line(read_text(paths.in_root("etc/selinux/config")).value_or(""),
                [&](std::string_view line) {
                  line = trim(line);
                  if (!line.starts_with("SELINUX=")) return;
                  const std::string_view mode = trim(line.substr(8));
                  configured = mode == "enforcing" ? 1 : mode == "permissive" ? 0 : -1;
                });
  out.gauge("node_selinux_config_mode", "Configured SELinux enforcement mode", {}, configured);
  out.gauge("node_selinux_current_mode", "Current SELinux enforcement mode", {},
            static_cast<double>(*current));
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
