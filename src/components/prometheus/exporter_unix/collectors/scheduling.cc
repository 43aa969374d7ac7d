// Who waits for what: pressure, schedstat. How many there are: processes.
#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// Seconds behind "some" or "full" in a line such as "some avg10=0.00 … total=8", in µs.
std::optional<double> stalled_seconds(std::string_view text, std::string_view kind) {
  std::optional<double> seconds;
  for_each_line(text, [&](std::string_view line) {
    const size_t at = line.find("total=");
    if (!line.starts_with(kind) || at == std::string_view::npos) return;
    seconds = to_double_or_zero(trim(line.substr(at + 6))) / 1e6;
  });
  return seconds;
}

// Of /proc/PID/stat; the name in brackets may contain anything.
struct TaskStat {
  std::string state;
  uint64_t thread_count = 0;
};
std::optional<TaskStat> read_task(const std::string& path) {
  const auto text = read_attribute(path);
  const size_t end = text ? text->rfind(')') : std::string::npos;
  if (end == std::string::npos) return std::nullopt;
  const auto fields = words(std::string_view(*text).substr(end + 1));
  if (fields.size() < 18) return std::nullopt;
  return TaskStat{std::string(fields[0]), to_count(fields[17]).value_or(0)};
}

struct TaskCounts {
  double processes = 0;
  double threads = 0;
  std::map<std::string, double> process_states;
  std::map<std::string, double> thread_states;
};

// What vanishes meanwhile is not counted.
void count_process(const std::string& folder, const std::string& pid, TaskCounts& counts) {
  const auto process = read_task(fmt::format("{}/stat", folder));
  if (!process) return;
  ++counts.processes;
  ++counts.process_states[process->state];
  counts.threads += static_cast<double>(process->thread_count);
  if (process->thread_count == 1) {
    ++counts.thread_states[process->state];
    return;
  }
  for (const std::string& id : entries(folder + "/task")) {
    if (id == pid) {
      ++counts.thread_states[process->state];
    } else if (const auto thread = read_task(fmt::format("{}/task/{}/stat", folder, id))) {
      ++counts.thread_states[thread->state];
    }
  }
}

}  // namespace

Result<> collect_pressure(const Paths& paths, Metrics& out) {
  struct Known {
    std::string_view file;
    std::string_view kind;
    std::string_view name;
    std::string_view help;
  };
  static constexpr std::array<Known, 5> known = {{
      {"cpu", "some", "node_pressure_cpu_waiting_seconds_total",
       "Total time in seconds that processes have waited for CPU time"},
      {"io", "some", "node_pressure_io_waiting_seconds_total",
       "Total time in seconds that processes have waited due to IO congestion"},
      {"io", "full", "node_pressure_io_stalled_seconds_total",
       "Total time in seconds no process could make progress due to IO congestion"},
      {"memory", "some", "node_pressure_memory_waiting_seconds_total",
       "Total time in seconds that processes have waited for memory"},
      {"memory", "full", "node_pressure_memory_stalled_seconds_total",
       "Total time in seconds no process could make progress due to memory congestion"},
  }};
  for (const std::string_view file : {"cpu", "io", "memory"}) {
    // Old kernels have none; those with psi=0 refuse to be read.
    const auto text = read_file(paths.in_proc(fmt::format("pressure/{}", file)));
    if (!text) return no_data();
    for (const Known& entry : known) {
      if (entry.file != file) continue;
      if (const auto seconds = stalled_seconds(*text, entry.kind)) {
        out.counter(entry.name, entry.help, {}, *seconds);
      }
    }
  }
  return {};
}

Result<> collect_schedstat(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text_or_no_data(paths.in_proc("schedstat")));
  for_each_line(text, [&](std::string_view line) {
    if (!line.starts_with("cpu")) return;
    const auto parts = words(line);
    const auto number = number_behind(parts[0], "cpu");
    if (!number || parts.size() < 10) return;
    const std::string cpu = fmt::format("{}", *number);
    out.counter("node_schedstat_running_seconds_total",
                "Number of seconds CPU spent running a process.", {{"cpu", cpu}},
                to_double_or_zero(parts[7]) / 1e9);
    out.counter("node_schedstat_waiting_seconds_total",
                "Number of seconds spent by processing waiting for this CPU.", {{"cpu", cpu}},
                to_double_or_zero(parts[8]) / 1e9);
    out.counter("node_schedstat_timeslices_total", "Number of timeslices executed by CPU.",
                {{"cpu", cpu}}, to_double_or_zero(parts[9]));
  });
  return {};
}

Result<> collect_processes(const Paths& paths, Metrics& out) {
  TaskCounts counts;
  for (const std::string& name : entries(paths.proc)) {
    if (to_count(name)) count_process(paths.in_proc(name), name, counts);
  }
  TRY(const uint64_t threads_max, require_count(paths.in_proc("sys/kernel/threads-max")));
  TRY(const uint64_t pid_max, require_count(paths.in_proc("sys/kernel/pid_max")));
  out.gauge("node_processes_threads", "Allocated threads in system", {}, counts.threads);
  out.gauge("node_processes_max_threads", "Limit of threads in the system", {},
            static_cast<double>(threads_max));
  for (const auto& [state, count] : counts.process_states) {
    out.gauge("node_processes_state", "Number of processes in each state.", {{"state", state}},
              count);
  }
  for (const auto& [state, count] : counts.thread_states) {
    out.gauge("node_processes_threads_state", "Number of threads in each state.",
              {{"thread_state", state}}, count);
  }
  out.gauge("node_processes_pids", "Number of PIDs", {}, counts.processes);
  out.gauge("node_processes_max_processes", "Number of max PIDs limit", {},
            static_cast<double>(pid_max));
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
