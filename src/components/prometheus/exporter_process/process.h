// What /proc says about one process.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace alloy::prometheus::exporter_process {

// Pids are used again; together with when it was started, one is unique.
struct ProcessId {
  int64_t pid = 0;
  uint64_t start_ticks = 0;

  auto operator<=>(const ProcessId&) const = default;
};

// What does not change while a process lives.
struct ProcessIdentity {
  int64_t pid = 0;
  int64_t parent_pid = 0;
  std::string name;  // The kernel's short one.
  std::vector<std::string> command_line;
  std::vector<std::string> cgroups;
  std::string user_name;
  std::string working_directory;
  int64_t start_seconds = 0;  // Since 1970.
};

// What only grows, of a process or a thread.
struct Usage {
  double user_seconds = 0;
  double system_seconds = 0;
  double read_bytes = 0;
  double written_bytes = 0;
  double major_faults = 0;
  double minor_faults = 0;
  double voluntary_switches = 0;
  double other_switches = 0;

  Usage& operator+=(const Usage& other);
  Usage operator-(const Usage& other) const;
};

struct ThreadState {
  uint64_t id = 0;
  uint64_t start_ticks = 0;
  std::string name;
  std::string waits_in;  // The kernel's function; empty: in none.
  Usage usage;
};

struct ProcessState {
  ProcessId id;
  int64_t parent_pid = 0;
  std::string name;
  char state = 'S';
  Usage usage;
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t swapped_bytes = 0;
  uint64_t proportional_bytes = 0;
  uint64_t proportional_swapped_bytes = 0;
  int64_t open_files = -1;  // Unknown.
  uint64_t open_files_max = 0;
  uint64_t thread_count = 0;
  std::string waits_in;
  std::vector<ThreadState> threads;  // Of processes with several, if wanted.
  bool is_partial = false;           // Something could not be read.
};

// A mounted proc file system.
class ProcFileSystem {
 public:
  struct Wanted {
    bool threads = true;
    bool proportional_memory = true;
  };

  // Fails if it isn't one.
  static Result<ProcFileSystem> open(std::string path);

  Result<std::vector<int64_t>> pids() const;
  // Nothing if the process has ended.
  std::optional<ProcessId> find(int64_t pid) const;
  std::optional<ProcessState> read(int64_t pid, Wanted wanted) const;
  ProcessIdentity identify(const ProcessState& process) const;
  // Since 1970.
  int64_t start_seconds(ProcessId id) const;

 private:
  std::string path_;
  int64_t boot_seconds_ = 0;
};

}  // namespace alloy::prometheus::exporter_process
