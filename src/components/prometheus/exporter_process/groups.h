// Groups of processes, and what each has used since it is watched: counters that never go back,
// even when processes end.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "components/prometheus/exporter_process/matcher.h"
#include "components/prometheus/exporter_process/process.h"

namespace alloy::prometheus::exporter_process {

struct GroupOptions {
  bool tracks_children = true;
  bool tracks_threads = true;
  bool reads_proportional_memory = true;
  bool rechecks = false;  // Whether processes without a group are asked again each time.
  bool forgets_empty = false;
};

class Groups {
 public:
  Groups(ProcFileSystem system, std::vector<Matcher> matchers, GroupOptions options)
      : system_(std::move(system)), matchers_(std::move(matchers)), options_(options) {}

  // Looks at all processes.
  Result<> update();
  // What the last update() saw.
  MetricFamilies collect() const;

 private:
  struct Tracked {
    std::string group;  // Empty: none.
    std::optional<ProcessState> state;
    // Threads by id and start, which was used already.
    std::map<std::pair<uint64_t, uint64_t>, Usage> threads;
  };
  struct ThreadGroup {
    size_t count = 0;
    Usage usage;
  };
  struct Group {
    size_t processes = 0;
    Usage usage;
    uint64_t resident_bytes = 0;
    uint64_t virtual_bytes = 0;
    uint64_t swapped_bytes = 0;
    uint64_t proportional_bytes = 0;
    uint64_t proportional_swapped_bytes = 0;
    uint64_t open_files = 0;
    double worst_file_ratio = 0;
    uint64_t thread_count = 0;
    int64_t oldest_start_seconds = 0;
    std::map<char, size_t> states;
    std::map<std::string, size_t> waits_in;
    std::map<std::string, ThreadGroup> threads;

    // Everything but the counters.
    void forget_present();
  };

  std::string find_group(const ProcessState& process, int depth);
  void count(const ProcessState& process, Tracked& tracked, Group& group);
  void count_threads(const ProcessState& process, Tracked& tracked, Group& group);

  ProcFileSystem system_;
  std::vector<Matcher> matchers_;
  GroupOptions options_;
  std::map<ProcessId, Tracked> tracked_;
  std::map<int64_t, ProcessId> by_pid_;
  std::map<std::string, Group> groups_;
  size_t failures_ = 0;
  size_t read_failures_ = 0;
  size_t partial_failures_ = 0;
};

}  // namespace alloy::prometheus::exporter_process
