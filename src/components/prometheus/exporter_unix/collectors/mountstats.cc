// mountstats: what the kernel counts of each NFS mount, from /proc/self/mountstats.
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

using Named = std::pair<std::string_view, std::string_view>;  // A metric and its help.

constexpr std::array<Named, 8> byte_counts = {{
    {"read_bytes_total", "Number of bytes read using the read() syscall."},
    {"write_bytes_total", "Number of bytes written using the write() syscall."},
    {"direct_read_bytes_total", "Number of bytes read using the read() syscall in O_DIRECT mode."},
    {"direct_write_bytes_total",
     "Number of bytes written using the write() syscall in O_DIRECT mode."},
    {"total_read_bytes_total", "Number of bytes read from the NFS server, in total."},
    {"total_write_bytes_total", "Number of bytes written to the NFS server, in total."},
    {"read_pages_total", "Number of pages read directly via mmap()'d files."},
    {"write_pages_total", "Number of pages written directly via mmap()'d files."},
}};

constexpr std::array<Named, 27> events = {{
    {"inode_revalidate",
     "Number of times cached inode attributes are re-validated from the server."},
    {"dnode_revalidate", "Number of times cached dentry nodes are re-validated from the server."},
    {"data_invalidate", "Number of times an inode cache is cleared."},
    {"attribute_invalidate", "Number of times cached inode attributes are invalidated."},
    {"vfs_open", "Number of times cached inode attributes are invalidated."},
    {"vfs_lookup", "Number of times a directory lookup has occurred."},
    {"vfs_access", "Number of times permissions have been checked."},
    {"vfs_update_page", "Number of updates (and potential writes) to pages."},
    {"vfs_read_page", "Number of pages read directly via mmap()'d files."},
    {"vfs_read_pages", "Number of times a group of pages have been read."},
    {"vfs_write_page", "Number of pages written directly via mmap()'d files."},
    {"vfs_write_pages", "Number of times a group of pages have been written."},
    {"vfs_getdents", "Number of times directory entries have been read with getdents()."},
    {"vfs_setattr", "Number of times directory entries have been read with getdents()."},
    {"vfs_flush", "Number of pending writes that have been forcefully flushed to the server."},
    {"vfs_fsync", "Number of times fsync() has been called on directories and files."},
    {"vfs_lock", "Number of times locking has been attempted on a file."},
    {"vfs_file_release", "Number of times files have been closed and released."},
    {"", ""},  // The kernel does not count these waits any more.
    {"truncation", "Number of times files have been truncated."},
    {"write_extension",
     "Number of times a file has been grown due to writes beyond its existing end."},
    {"silly_rename", "Number of times a file was removed while still open by another process."},
    {"short_read", "Number of times the NFS server gave less data than expected while reading."},
    {"short_write", "Number of times the NFS server wrote less data than expected while writing."},
    {"jukebox_delay",
     "Number of times the NFS server indicated EJUKEBOX; retrieving data from offline storage."},
    {"pnfs_read", "Number of NFS v4.1+ pNFS reads."},
    {"pnfs_write", "Number of NFS v4.1+ pNFS writes."},
}};

constexpr double milliseconds = 1e-3;
struct OperationCount {
  std::string_view name;
  std::string_view help;
  double factor = 1;
};
constexpr std::array<OperationCount, 8> operation_counts = {{
    {"requests_total", "Number of requests performed for a given operation."},
    {"transmissions_total",
     "Number of times an actual RPC request has been transmitted for a given operation."},
    {"major_timeouts_total",
     "Number of times a request has had a major timeout for a given operation."},
    {"sent_bytes_total",
     "Number of bytes sent for a given operation, including RPC headers and payload."},
    {"received_bytes_total",
     "Number of bytes received for a given operation, including RPC headers and payload."},
    {"queue_time_seconds_total",
     "Duration all requests spent queued for transmission for a given operation before they were "
     "sent, in seconds.",
     milliseconds},
    {"response_time_seconds_total",
     "Duration all requests took to get a reply back after a request for a given operation was "
     "transmitted, in seconds.",
     milliseconds},
    {"request_time_seconds_total",
     "Duration all requests took from when a request was enqueued to when it was completely "
     "handled "
     "for a given operation, in seconds.",
     milliseconds},
}};

struct TransportCount {
  std::string_view name;
  std::string_view help;
  int tcp_place;  // In the line of TCP; UDP knows nothing of connections and idle time.
  Kind kind = Kind::counter;
};
constexpr std::array<TransportCount, 10> transport_counts = {{
    {"bind_total",
     "Number of times the client has had to establish a connection from scratch to the NFS server.",
     1},
    {"connect_total", "Number of times the client has made a TCP connection to the NFS server.", 2},
    {"idle_time_seconds", "Duration since the NFS mount last saw any RPC traffic, in seconds.", 4,
     Kind::gauge},
    {"sends_total", "Number of RPC requests for this mount sent to the NFS server.", 5},
    {"receives_total", "Number of RPC responses for this mount received from the NFS server.", 6},
    {"bad_transaction_ids_total",
     "Number of times the NFS server sent a response with a transaction ID unknown to this client.",
     7},
    {"backlog_queue_total", "Total number of items added to the RPC backlog queue.", 9},
    {"maximum_rpc_slots", "Maximum number of simultaneously active RPC requests ever used.", 10,
     Kind::gauge},
    {"sending_queue_total", "Total number of items added to the RPC transmission sending queue.",
     11},
    {"pending_queue_total", "Total number of items added to the RPC transmission pending queue.",
     12},
}};
constexpr int first_without_connection = 5;  // From here on UDP has the same, three places before.

struct NfsMount {
  std::string_view export_name;
  std::string protocol;
  std::string_view address;
  double age_seconds = 0;
  std::vector<uint64_t> bytes;
  std::vector<uint64_t> events;
  std::vector<uint64_t> transport;
  std::vector<std::pair<std::string_view, std::vector<uint64_t>>> operations;
};

std::vector<uint64_t> numbers(std::span<const std::string_view> parts) {
  std::vector<uint64_t> values;
  for (const std::string_view part : parts) values.push_back(to_count(part).value_or(0));
  return values;
}

double at(const std::vector<uint64_t>& values, size_t place) {
  return place < values.size() ? static_cast<double>(values[place]) : 0;
}

// Kernels may count times below zero; what wraps around is kept within what a double can hold.
double time_at(const std::vector<uint64_t>& values, size_t place) {
  constexpr uint64_t exact_max = uint64_t{1} << 53;
  return place < values.size() ? static_cast<double>(values[place] % exact_max) : 0;
}

void add_mount(const NfsMount& mount, Metrics& out) {
  const std::vector<Label> labels = {
      {"export", mount.export_name}, {"protocol", mount.protocol}, {"mountaddr", mount.address}};
  const auto add = [&](Kind kind, const std::string& name, std::string_view help, double value) {
    out.add(kind, "node_mountstats_nfs_" + name, help, labels, value);
  };
  add(Kind::counter, "age_seconds_total", "The age of the NFS mount in seconds.",
      mount.age_seconds);
  for (size_t i = 0; i < byte_counts.size(); ++i) {
    add(Kind::counter, std::string(byte_counts[i].first), byte_counts[i].second,
        at(mount.bytes, i));
  }
  for (const TransportCount& count : transport_counts) {
    int place = count.tcp_place;
    if (mount.protocol == "udp" && place >= first_without_connection) {
      place -= 3;
    } else if (mount.protocol == "udp" && place > 1) {
      place = -1;
    }
    add(count.kind, fmt::format("transport_{}", count.name), count.help,
        place < 0 ? 0 : at(mount.transport, static_cast<size_t>(place)));
  }
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].first.empty()) continue;
    add(Kind::counter, fmt::format("event_{}_total", events[i].first), events[i].second,
        at(mount.events, i));
  }
  for (const auto& [operation, values] : mount.operations) {
    std::vector<Label> operation_labels = labels;
    operation_labels.emplace_back("operation", operation);
    for (size_t i = 0; i < operation_counts.size(); ++i) {
      const OperationCount& count = operation_counts[i];
      out.add(Kind::counter, fmt::format("node_mountstats_nfs_operations_{}", count.name),
              count.help, operation_labels,
              count.factor == 1 ? at(values, i) : time_at(values, i) / 1000);
    }
  }
}

// A line of a mount's statistics.
void read_line(const std::vector<std::string_view>& parts, bool& in_operations, NfsMount& mount) {
  if (parts.empty()) return;
  const std::string_view key = parts[0];
  const auto rest = std::span(parts).subspan(1);
  if (key == "per-op") {
    in_operations = true;
  } else if (in_operations && key.ends_with(':')) {
    mount.operations.emplace_back(key.substr(0, key.size() - 1), numbers(rest));
  } else if (key == "age:" && !rest.empty()) {
    mount.age_seconds = to_double_or_zero(rest[0]);
  } else if (key == "bytes:") {
    mount.bytes = numbers(rest);
  } else if (key == "events:") {
    mount.events = numbers(rest);
  } else if (key == "xprt:" && !rest.empty()) {
    mount.protocol = rest[0];
    mount.transport = numbers(rest.subspan(1));
  }
}

// "addr=…" among the options at the end of a line of mountinfo.
std::string_view address_of(std::string_view line) {
  const auto parts = words(line);
  if (parts.empty()) return "";
  for (const std::string_view option : split(parts.back(), ',')) {
    if (option.starts_with("addr=")) return option.substr(5);
  }
  return "";
}

}  // namespace

Result<> collect_mountstats(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("self/mountstats")));
  TRY(const std::string info, read_text(paths.in_proc("self/mountinfo")));
  // Both list the mounts in the same order.
  const std::vector<std::string_view> infos = split(info, '\n');
  std::set<std::array<std::string, 3>> seen;
  std::optional<NfsMount> mount;
  size_t index = 0;
  bool in_operations = false;
  const auto finish = [&] {
    if (mount &&
        seen.insert({std::string(mount->export_name), mount->protocol, std::string(mount->address)})
            .second) {
      add_mount(*mount, out);
    }
    mount.reset();
    in_operations = false;
  };
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    // "device X mounted on Y with fstype nfs4 statvers=1.1"
    if (parts.size() >= 8 && parts[0] == "device") {
      finish();
      if (parts[7] == "nfs" || parts[7] == "nfs4") {
        mount.emplace(NfsMount{.export_name = parts[1]});
        if (index < infos.size()) mount->address = address_of(infos[index]);
      }
      ++index;
    } else if (mount) {
      read_line(parts, in_operations, *mount);
    }
  });
  finish();
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
