// The network file system, as a client (nfs) and as a server (nfsd), from /proc/net/rpc.
#include <map>

#include <fmt/format.h>

#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// The numbers behind the word that a line starts with.
using Lines = std::map<std::string, std::vector<double>, std::less<>>;

Result<Lines> read_lines(const std::string& path) {
  TRY(const std::string text, read_text_or_no_data(path));
  Lines lines;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.empty()) return;
    std::vector<double>& numbers = lines[std::string(parts[0])];
    for (size_t i = 1; i < parts.size(); ++i) numbers.push_back(to_double_or_zero(parts[i]));
  });
  return lines;
}

// In the order of the kernel. An empty name is not shown.
constexpr auto v2_methods = std::to_array<std::string_view>(
    {"Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write",
     "Create", "Remove", "Rename", "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat"});
constexpr auto v3_methods = std::to_array<std::string_view>(
    {"Null",    "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
     "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
     "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"});
constexpr auto client_v4_methods = std::to_array<std::string_view>({"Null",
                                                                    "Read",
                                                                    "Write",
                                                                    "Commit",
                                                                    "Open",
                                                                    "OpenConfirm",
                                                                    "OpenNoattr",
                                                                    "OpenDowngrade",
                                                                    "Close",
                                                                    "Setattr",
                                                                    "FsInfo",
                                                                    "Renew",
                                                                    "SetClientID",
                                                                    "SetClientIDConfirm",
                                                                    "Lock",
                                                                    "Lockt",
                                                                    "Locku",
                                                                    "Access",
                                                                    "Getattr",
                                                                    "Lookup",
                                                                    "LookupRoot",
                                                                    "Remove",
                                                                    "Rename",
                                                                    "Link",
                                                                    "Symlink",
                                                                    "Create",
                                                                    "Pathconf",
                                                                    "StatFs",
                                                                    "ReadLink",
                                                                    "ReadDir",
                                                                    "ServerCaps",
                                                                    "DelegReturn",
                                                                    "GetACL",
                                                                    "SetACL",
                                                                    "FsLocations",
                                                                    "ReleaseLockowner",
                                                                    "Secinfo",
                                                                    "FsidPresent",
                                                                    "ExchangeID",
                                                                    "CreateSession",
                                                                    "DestroySession",
                                                                    "Sequence",
                                                                    "GetLeaseTime",
                                                                    "ReclaimComplete",
                                                                    "LayoutGet",
                                                                    "GetDeviceInfo",
                                                                    "LayoutCommit",
                                                                    "LayoutReturn",
                                                                    "SecinfoNoName",
                                                                    "TestStateID",
                                                                    "FreeStateID",
                                                                    "GetDeviceList",
                                                                    "BindConnToSession",
                                                                    "DestroyClientID",
                                                                    "Seek",
                                                                    "Allocate",
                                                                    "DeAllocate",
                                                                    "LayoutStats",
                                                                    "Clone"});
constexpr auto server_v4_methods = std::to_array<std::string_view>({"",
                                                                    "",
                                                                    "",
                                                                    "Access",
                                                                    "Close",
                                                                    "Commit",
                                                                    "Create",
                                                                    "DelegPurge",
                                                                    "DelegReturn",
                                                                    "GetAttr",
                                                                    "GetFH",
                                                                    "Link",
                                                                    "Lock",
                                                                    "Lockt",
                                                                    "Locku",
                                                                    "Lookup",
                                                                    "LookupRoot",
                                                                    "Nverify",
                                                                    "Open",
                                                                    "OpenAttr",
                                                                    "OpenConfirm",
                                                                    "OpenDgrd",
                                                                    "PutFH",
                                                                    "",
                                                                    "",
                                                                    "Read",
                                                                    "ReadDir",
                                                                    "ReadLink",
                                                                    "Remove",
                                                                    "Rename",
                                                                    "Renew",
                                                                    "RestoreFH",
                                                                    "SaveFH",
                                                                    "SecInfo",
                                                                    "SetAttr",
                                                                    "",
                                                                    "",
                                                                    "Verify",
                                                                    "Write",
                                                                    "RelLockOwner"});

struct Methods {
  std::string_view line;
  std::string_view protocol;
  std::span<const std::string_view> names;
};

// The first number says how many follow; what the kernel does not have yet is 0.
void add_methods(const Lines& lines, const Methods& methods, std::string_view family,
                 std::string_view help, Metrics& out) {
  const auto found = lines.find(methods.line);
  for (size_t i = 0; i < methods.names.size(); ++i) {
    const bool is_there = found != lines.end() && i + 1 < found->second.size();
    if (methods.names[i].empty()) continue;
    out.counter(family, help, {{"proto", methods.protocol}, {"method", methods.names[i]}},
                is_there ? found->second[i + 1] : 0);
  }
}

struct Number {
  std::string_view line;
  size_t place;
  Kind kind;
  std::string_view name;
  std::string_view help;
  Label label;  // None if its name is empty.
};

void add_numbers(const Lines& lines, std::span<const Number> numbers, Metrics& out) {
  for (const Number& number : numbers) {
    const auto found = lines.find(number.line);
    const bool is_there = found != lines.end() && number.place < found->second.size();
    const Labels labels(&number.label, number.label.first.empty() ? 0 : 1);
    out.add(number.kind, number.name, number.help, labels,
            is_there ? found->second[number.place] : 0);
  }
}

constexpr std::string_view server_packets_help =
    "Total NFSd network packets (sent+received) by protocol type.";
constexpr std::string_view server_errors_help = "Total number of NFSd RPC errors by error type.";
constexpr std::array<Number, 16> server_numbers = {{
    {"rc",
     0,
     Kind::counter,
     "node_nfsd_reply_cache_hits_total",
     "Total number of NFSd Reply Cache hits (client lost server response).",
     {}},
    {"rc",
     1,
     Kind::counter,
     "node_nfsd_reply_cache_misses_total",
     "Total number of NFSd Reply Cache an operation that requires caching (idempotent).",
     {}},
    {"rc",
     2,
     Kind::counter,
     "node_nfsd_reply_cache_nocache_total",
     "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).",
     {}},
    {"fh",
     0,
     Kind::counter,
     "node_nfsd_file_handles_stale_total",
     "Total number of NFSd stale file handles",
     {}},
    {"io", 0, Kind::counter, "node_nfsd_disk_bytes_read_total", "Total NFSd bytes read.", {}},
    {"io", 1, Kind::counter, "node_nfsd_disk_bytes_written_total", "Total NFSd bytes written.", {}},
    {"th",
     0,
     Kind::gauge,
     "node_nfsd_server_threads",
     "Total number of NFSd kernel threads that are running.",
     {}},
    {"ra",
     0,
     Kind::gauge,
     "node_nfsd_read_ahead_cache_size_blocks",
     "How large the read ahead cache is in blocks.",
     {}},
    {"ra",
     11,
     Kind::counter,
     "node_nfsd_read_ahead_cache_not_found_total",
     "Total number of NFSd read ahead cache not found.",
     {}},
    {"net", 1, Kind::counter, "node_nfsd_packets_total", server_packets_help, {"proto", "udp"}},
    {"net", 2, Kind::counter, "node_nfsd_packets_total", server_packets_help, {"proto", "tcp"}},
    {"net",
     3,
     Kind::counter,
     "node_nfsd_connections_total",
     "Total number of NFSd TCP connections.",
     {}},
    {"rpc", 2, Kind::counter, "node_nfsd_rpc_errors_total", server_errors_help, {"error", "fmt"}},
    {"rpc", 3, Kind::counter, "node_nfsd_rpc_errors_total", server_errors_help, {"error", "auth"}},
    {"rpc", 4, Kind::counter, "node_nfsd_rpc_errors_total", server_errors_help, {"error", "cInt"}},
    {"rpc", 0, Kind::counter, "node_nfsd_server_rpcs_total", "Total number of NFSd RPCs.", {}},
}};

}  // namespace

Result<> collect_nfs(const Paths& paths, Metrics& out) {
  TRY(const Lines lines, read_lines(paths.in_proc("net/rpc/nfs")));
  constexpr std::string_view packets_help =
      "Total NFSd network packets (sent+received) by protocol type.";
  static constexpr std::array<Number, 6> numbers = {{
      {"net", 1, Kind::counter, "node_nfs_packets_total", packets_help, {"protocol", "udp"}},
      {"net", 2, Kind::counter, "node_nfs_packets_total", packets_help, {"protocol", "tcp"}},
      {"net",
       3,
       Kind::counter,
       "node_nfs_connections_total",
       "Total number of NFSd TCP connections.",
       {}},
      {"rpc", 0, Kind::counter, "node_nfs_rpcs_total", "Total number of RPCs performed.", {}},
      {"rpc",
       1,
       Kind::counter,
       "node_nfs_rpc_retransmissions_total",
       "Number of RPC transmissions performed.",
       {}},
      {"rpc",
       2,
       Kind::counter,
       "node_nfs_rpc_authentication_refreshes_total",
       "Number of RPC authentication refreshes performed.",
       {}},
  }};
  add_numbers(lines, numbers, out);
  for (const Methods& methods : {Methods{"proc2", "2", v2_methods},
                                 {"proc3", "3", v3_methods},
                                 {"proc4", "4", client_v4_methods}}) {
    add_methods(lines, methods, "node_nfs_requests_total", "Number of NFS procedures invoked.",
                out);
  }
  return {};
}

Result<> collect_nfsd(const Paths& paths, Metrics& out) {
  TRY(const Lines lines, read_lines(paths.in_proc("net/rpc/nfsd")));
  add_numbers(lines, server_numbers, out);
  // Servers do not tell of the procedure that does nothing.
  static constexpr auto without_null = [](auto names) {
    names[0] = "";
    return names;
  };
  static constexpr auto server_v2_methods = without_null(v2_methods);
  static constexpr auto server_v3_methods = without_null(v3_methods);
  for (const Methods& methods : {Methods{"proc2", "2", server_v2_methods},
                                 {"proc3", "3", server_v3_methods},
                                 {"proc4ops", "4", server_v4_methods}}) {
    add_methods(lines, methods, "node_nfsd_requests_total",
                "Total number NFSd Requests by method and protocol.", out);
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
