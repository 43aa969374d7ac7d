#include "components/prometheus/exporter_process/groups.h"

#include <algorithm>

namespace alloy::prometheus::exporter_process {
namespace {

// No tree of processes is deeper; a loop of parents, seen while they change, would be endless.
constexpr int depth_max = 1000;

std::string_view name_of_state(char state) {
  switch (state) {
    case 'R':
      return "Running";
    case 'S':
      return "Sleeping";
    case 'D':
      return "Waiting";
    case 'Z':
      return "Zombie";
    default:
      return "Other";
  }
}

}  // namespace

void Groups::Group::forget_present() {
  Group counters;
  counters.usage = usage;
  counters.threads = std::move(threads);
  for (auto& [name, thread] : counters.threads) thread.count = 0;
  *this = std::move(counters);
}

Result<> Groups::update() {
  auto pids = system_.pids();
  if (!pids) {
    ++failures_;
    return std::unexpected(std::move(pids).error());
  }
  for (auto& [name, group] : groups_) group.forget_present();
  std::map<ProcessId, Tracked> before = std::exchange(tracked_, {});
  by_pid_.clear();
  std::vector<ProcessState> newcomers;
  for (const int64_t pid : *pids) {
    const auto id = system_.find(pid);
    if (!id) continue;
    by_pid_[pid] = *id;
    const auto known = before.find(*id);
    const bool is_ignored = known != before.end() && known->second.group.empty();
    if (is_ignored && !options_.rechecks) {
      tracked_[*id] = {};
      continue;
    }
    auto state = system_.read(pid, {options_.tracks_threads, options_.reads_proportional_memory});
    if (!state || state->id != *id) {
      ++read_failures_;
      continue;
    }
    if (known == before.end() || is_ignored) {
      newcomers.push_back(*std::move(state));
      continue;
    }
    Tracked& tracked = tracked_[*id] = std::move(known->second);
    count(*state, tracked, groups_[tracked.group]);
    tracked.state = std::move(state);
  }
  for (const ProcessState& process : newcomers) {
    tracked_[process.id].state = process;
    for (const Matcher& matcher : matchers_) {
      std::string& group = tracked_[process.id].group;
      if (group.empty()) group = matcher.group_of(system_.identify(process));
    }
  }
  for (const ProcessState& process : newcomers) {
    Tracked& tracked = tracked_[process.id];
    if (tracked.group.empty()) tracked.group = find_group(process, 0);
    if (!tracked.group.empty()) count(process, tracked, groups_[tracked.group]);
  }
  if (options_.forgets_empty) {
    std::erase_if(groups_, [](const auto& entry) { return entry.second.processes == 0; });
  }
  return {};
}

// The group of the nearest ancestor that has one.
std::string Groups::find_group(const ProcessState& process, int depth) {
  if (!options_.tracks_children || depth > depth_max) return "";
  const auto parent = by_pid_.find(process.parent_pid);
  if (parent == by_pid_.end()) return "";
  const auto tracked = tracked_.find(parent->second);
  if (tracked == tracked_.end()) return "";
  if (!tracked->second.group.empty()) return tracked->second.group;
  return tracked->second.state ? find_group(*tracked->second.state, depth + 1) : "";
}

// Counters begin with the first time a process is seen.
void Groups::count(const ProcessState& process, Tracked& tracked, Group& group) {
  if (tracked.state) group.usage += process.usage - tracked.state->usage;
  if (process.is_partial) ++partial_failures_;
  ++group.processes;
  group.resident_bytes += process.resident_bytes;
  group.virtual_bytes += process.virtual_bytes;
  group.swapped_bytes += process.swapped_bytes;
  group.proportional_bytes += process.proportional_bytes;
  group.proportional_swapped_bytes += process.proportional_swapped_bytes;
  group.thread_count += process.thread_count;
  ++group.states[process.state];
  if (process.open_files >= 0) {
    group.open_files += static_cast<uint64_t>(process.open_files);
    if (process.open_files_max > 0) {
      group.worst_file_ratio =
          std::max(group.worst_file_ratio, static_cast<double>(process.open_files) /
                                               static_cast<double>(process.open_files_max));
    }
  }
  const int64_t start = system_.start_seconds(process.id);
  if (group.processes == 1 || start < group.oldest_start_seconds) {
    group.oldest_start_seconds = start;
  }
  if (!process.waits_in.empty()) ++group.waits_in[process.waits_in];
  count_threads(process, tracked, group);
}

void Groups::count_threads(const ProcessState& process, Tracked& tracked, Group& group) {
  decltype(tracked.threads) seen;
  for (const ThreadState& thread : process.threads) {
    const std::pair id(thread.id, thread.start_ticks);
    ThreadGroup& named = group.threads[thread.name];
    ++named.count;
    if (const auto before = tracked.threads.find(id); before != tracked.threads.end()) {
      named.usage += thread.usage - before->second;
    }
    if (!thread.waits_in.empty()) ++group.waits_in[thread.waits_in];
    seen[id] = thread.usage;
  }
  tracked.threads = std::move(seen);
}

namespace {

// Adds samples to families.
class Writer {
 public:
  explicit Writer(MetricFamilies& families) : families_(families) {}

  void add(std::string_view name, std::string_view help, MetricType type, MetricLabels labels,
           double value) {
    const std::string full = "namedprocess_" + std::string(name);
    MetricFamily& family = families_[full];
    if (family.name.empty()) family = {full, std::string(help), type, {}};
    std::ranges::sort(labels);
    family.samples.push_back({full, std::move(labels), value});
  }
  void gauge(std::string_view name, std::string_view help, MetricLabels labels, auto value) {
    add(name, help, MetricType::gauge, std::move(labels), static_cast<double>(value));
  }
  void counter(std::string_view name, std::string_view help, MetricLabels labels, auto value) {
    add(name, help, MetricType::counter, std::move(labels), static_cast<double>(value));
  }

 private:
  MetricFamilies& families_;
};

// The counters that groups and threads have in common. `prefix` is "namegroup" or so.
void write_usage(Writer& out, const std::string& prefix, std::string_view whose,
                 const MetricLabels& labels, const Usage& usage) {
  const auto with = [&](std::string name, std::string value) {
    MetricLabels all = labels;
    all.emplace_back(std::move(name), std::move(value));
    return all;
  };
  const std::string of = std::string(whose);
  out.counter(prefix + "_cpu_seconds_total", "CPU time of " + of + ", in seconds.",
              with("mode", "user"), usage.user_seconds);
  out.counter(prefix + "_cpu_seconds_total", "", with("mode", "system"), usage.system_seconds);
  out.counter(prefix + "_major_page_faults_total", "Major page faults of " + of + ".", labels,
              usage.major_faults);
  out.counter(prefix + "_minor_page_faults_total", "Minor page faults of " + of + ".", labels,
              usage.minor_faults);
  out.counter(prefix + "_context_switches_total", "Context switches of " + of + ".",
              with("ctxswitchtype", "voluntary"), usage.voluntary_switches);
  out.counter(prefix + "_context_switches_total", "", with("ctxswitchtype", "nonvoluntary"),
              usage.other_switches);
}

}  // namespace

MetricFamilies Groups::collect() const {
  MetricFamilies families;
  Writer out(families);
  for (const auto& [name, group] : groups_) {
    const MetricLabels labels = {{"groupname", name}};
    const auto with = [&](std::string key, std::string value) {
      return MetricLabels{{"groupname", name}, {std::move(key), std::move(value)}};
    };
    out.gauge("namegroup_num_procs", "Processes of the group.", labels, group.processes);
    const auto memory = [&](std::string type, uint64_t bytes) {
      out.gauge("namegroup_memory_bytes", "Memory in use, in bytes.",
                with("memtype", std::move(type)), bytes);
    };
    memory("resident", group.resident_bytes);
    memory("virtual", group.virtual_bytes);
    memory("swapped", group.swapped_bytes);
    if (options_.reads_proportional_memory) {
      memory("proportionalResident", group.proportional_bytes);
      memory("proportionalSwapped", group.proportional_swapped_bytes);
    }
    out.gauge("namegroup_oldest_start_time_seconds",
              "When the oldest process of the group was started, in seconds since 1970.", labels,
              group.oldest_start_seconds);
    out.gauge("namegroup_open_filedesc", "Open file descriptors of the group.", labels,
              group.open_files);
    out.gauge("namegroup_worst_fd_ratio",
              "The largest share of its file descriptors that a process of the group has open.",
              labels, group.worst_file_ratio);
    write_usage(out, "namegroup", "the group", labels, group.usage);
    out.counter("namegroup_read_bytes_total", "Bytes the group has read.", labels,
                group.usage.read_bytes);
    out.counter("namegroup_write_bytes_total", "Bytes the group has written.", labels,
                group.usage.written_bytes);
    out.gauge("namegroup_num_threads", "Threads of the group.", labels, group.thread_count);
    std::map<std::string_view, size_t> states = {
        {"Running", 0}, {"Sleeping", 0}, {"Waiting", 0}, {"Zombie", 0}, {"Other", 0}};
    for (const auto& [state, count] : group.states) states[name_of_state(state)] += count;
    for (const auto& [state, count] : states) {
      out.gauge("namegroup_states", "Processes of the group by state.",
                with("state", std::string(state)), count);
    }
    for (const auto& [place, count] : group.waits_in) {
      out.gauge("namegroup_threads_wchan", "Threads of the group by what they wait in.",
                with("wchan", place), count);
    }
    for (const auto& [thread_name, thread] : group.threads) {
      const MetricLabels both = with("threadname", thread_name);
      out.gauge("namegroup_thread_count", "Threads of this name.", both, thread.count);
      write_usage(out, "namegroup_thread", "the threads of this name", both, thread.usage);
      const auto io = [&](std::string mode, double bytes) {
        MetricLabels all = both;
        all.emplace_back("iomode", std::move(mode));
        out.counter("namegroup_thread_io_bytes_total", "Bytes these threads have moved.",
                    std::move(all), bytes);
      };
      io("read", thread.usage.read_bytes);
      io("write", thread.usage.written_bytes);
    }
  }
  out.counter("scrape_errors", "How often no processes could be read.", {}, failures_);
  out.counter("scrape_procread_errors", "How often a process could not be read.", {},
              read_failures_);
  out.counter("scrape_partial_errors", "How often something of a process could not be read.", {},
              partial_failures_);
  return families;
}

}  // namespace alloy::prometheus::exporter_process
