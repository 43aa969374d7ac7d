// Sockets and packets as the kernel sums them up: sockstat, softnet, udp_queues, conntrack.
#include <map>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// "TCP: inuse 4 orphan 0 …", a line a protocol.
void add_socket_counts(std::string_view text, bool is_ipv6, Metrics& out) {
  static const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.empty() || !parts[0].ends_with(':')) return;
    const std::string_view protocol = parts[0].substr(0, parts[0].size() - 1);
    const auto add = [&](std::string_view state, double value) {
      out.gauge(fmt::format("node_sockstat_{}_{}", protocol, state),
                fmt::format("Number of {} sockets in state {}.", protocol, state), {}, value);
    };
    for (size_t i = 1; i + 1 < parts.size(); i += 2) {
      const double value = to_double_or_zero(parts[i + 1]);
      if (protocol == "sockets") {
        if (is_ipv6 || parts[i] != "used") continue;
        out.gauge("node_sockstat_sockets_used", "Number of IPv4 sockets in use.", {}, value);
        continue;
      }
      add(parts[i], value);
      if (parts[i] == "mem") add("mem_bytes", value * page_bytes);
    }
  });
}

// Nothing if the kernel has no such protocol.
Result<std::optional<std::string>> read_optional(const std::string& path) {
  auto text = read_file(path);
  if (text) return std::optional(*std::move(text));
  if (text.error().kind() == ErrorKind::not_found) return std::optional<std::string>();
  return std::unexpected(std::move(text).error());
}

// The queues are "tx:rx" in hexadecimal, in the fifth column.
void add_udp_queues(std::string_view text, std::string_view version, Metrics& out) {
  double sent = 0;
  double received = 0;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    const size_t colon = parts.size() > 4 ? parts[4].find(':') : std::string::npos;
    if (colon == std::string::npos) return;
    sent += static_cast<double>(to_hexadecimal(parts[4].substr(0, colon)).value_or(0));
    received += static_cast<double>(to_hexadecimal(parts[4].substr(colon + 1)).value_or(0));
  });
  constexpr std::string_view help =
      "Number of allocated memory in the kernel for UDP datagrams in bytes.";
  out.gauge("node_udp_queues", help, {{"queue", "tx"}, {"ip", version}}, sent);
  out.gauge("node_udp_queues", help, {{"queue", "rx"}, {"ip", version}}, received);
}

}  // namespace

Result<> collect_sockstat(const Paths& paths, Metrics& out) {
  TRY(const auto four, read_optional(paths.in_proc("net/sockstat")));
  TRY(const auto six, read_optional(paths.in_proc("net/sockstat6")));
  if (four) add_socket_counts(*four, /*is_ipv6=*/false, out);
  if (six) add_socket_counts(*six, /*is_ipv6=*/true, out);
  return {};
}

Result<> collect_softnet(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("net/softnet_stat")));
  struct Column {
    size_t place;
    Kind kind;
    std::string_view name;
    std::string_view help;
  };
  static constexpr std::array<Column, 7> columns = {{
      {0, Kind::counter, "node_softnet_processed_total", "Number of processed packets"},
      {1, Kind::counter, "node_softnet_dropped_total", "Number of dropped packets"},
      {2, Kind::counter, "node_softnet_times_squeezed_total",
       "Number of times processing packets ran out of quota"},
      {8, Kind::counter, "node_softnet_cpu_collision_total",
       "Number of collision occur while obtaining device lock while transmitting"},
      {9, Kind::counter, "node_softnet_received_rps_total",
       "Number of times cpu woken up received_rps"},
      {10, Kind::counter, "node_softnet_flow_limit_count_total",
       "Number of times flow limit has been reached"},
      {11, Kind::gauge, "node_softnet_backlog_len", "Softnet backlog status"},
  }};
  constexpr size_t cpu_column = 12;
  size_t line_number = 0;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.empty()) return;
    const auto value = [&](size_t place) {
      return place < parts.size() ? to_hexadecimal(parts[place]).value_or(0) : 0;
    };
    // Old kernels do not say which CPU it is.
    const std::string cpu = fmt::format(
        "{}", parts.size() > cpu_column ? value(cpu_column) : static_cast<uint64_t>(line_number));
    ++line_number;
    for (const Column& column : columns) {
      out.add(column.kind, column.name, column.help, std::array<Label, 1>{{{"cpu", cpu}}},
              static_cast<double>(value(column.place)));
    }
  });
  return {};
}

Result<> collect_udp_queues(const Paths& paths, Metrics& out) {
  TRY(const auto four, read_optional(paths.in_proc("net/udp")));
  TRY(const auto six, read_optional(paths.in_proc("net/udp6")));
  if (!four && !six) return no_data();
  if (four) add_udp_queues(*four, "v4", out);
  if (six) add_udp_queues(*six, "v6", out);
  return {};
}

Result<> collect_conntrack(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_proc("sys/net/netfilter/");
  // Missing files mean that the module is not loaded.
  if (!exists(folder + "nf_conntrack_count")) return no_data();
  TRY(const uint64_t current, require_count(folder + "nf_conntrack_count"));
  out.gauge("node_nf_conntrack_entries",
            "Number of currently allocated flow entries for connection tracking.", {},
            static_cast<double>(current));
  TRY(const uint64_t limit, require_count(folder + "nf_conntrack_max"));
  out.gauge("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.", {},
            static_cast<double>(limit));
  TRY(const std::string text, read_text_or_no_data(paths.in_proc("net/stat/nf_conntrack")));
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> known = {{
      {"found", "Number of searched entries which were successful."},
      {"invalid", "Number of packets seen which can not be tracked."},
      {"ignore", "Number of packets seen which are already connected to a conntrack entry."},
      {"insert", "Number of entries inserted into the list."},
      {"insert_failed", "Number of entries for which list insertion was attempted but failed."},
      {"drop", "Number of packets dropped due to conntrack failure."},
      {"early_drop",
       "Number of dropped conntrack entries to make room for new ones, if maximum table size was "
       "reached."},
      {"search_restart",
       "Number of conntrack table lookups which had to be restarted due to hashtable resizes."},
  }};
  // A line of names, then one a CPU.
  std::vector<std::string_view> names;
  std::map<std::string_view, double> sums;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (names.empty()) {
      names = parts;
      return;
    }
    for (size_t i = 0; i < std::min(parts.size(), names.size()); ++i) {
      sums[names[i]] += static_cast<double>(to_hexadecimal(parts[i]).value_or(0));
    }
  });
  for (const auto& [name, help] : known) {
    out.gauge(fmt::format("node_nf_conntrack_stat_{}", name), help, {}, sums[name]);
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
