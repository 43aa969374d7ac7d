#include "services/process_metrics.h"

#include <charconv>
#include <filesystem>
#include <limits>
#include <malloc.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace alloy {
namespace {

double number(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  for (auto word : split(line, ' '))
    if (!word.empty()) found.push_back(word);
  return found;
}

std::string proc(const char* path) { return read_file(path).value_or(""); }

struct Usage {
  double cpu_seconds = 0;
  double threads = 0;
  double start_seconds = 0;  // Since the epoch.
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

// When the machine was started, in seconds since the epoch.
double boot_time() {
  const std::string stat = proc("/proc/stat");
  const size_t at = stat.find("btime ");
  return at == std::string::npos ? 0 : number(std::string_view(stat).substr(at + 6));
}

Usage process_usage() {
  const std::string stat = proc("/proc/self/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  // Fields are counted from 1 in proc(5); the first one behind the name is the third.
  const auto fields = words(std::string_view(stat).substr(name_end + 1));
  const auto field = [&](size_t i) { return i - 3 < fields.size() ? number(fields[i - 3]) : 0; };
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  static const double boot = boot_time();
  return {.cpu_seconds = (field(14) + field(15)) / ticks,
          .threads = field(20),
          .start_seconds = boot + field(22) / ticks,
          .virtual_bytes = field(23),
          .resident_bytes = field(24) * page_bytes};
}

struct Traffic {
  double received_bytes = 0;
  double sent_bytes = 0;
};

// Of all interfaces of the process's network namespace but the loopback.
Traffic machine_traffic() {
  Traffic total;
  const std::string text = proc("/proc/self/net/dev");
  for (auto line : split(text, '\n')) {
    const size_t colon = line.find(':');
    if (colon == line.npos || trim(line.substr(0, colon)) == "lo") continue;
    const auto fields = words(line.substr(colon + 1));
    if (fields.size() < 9) continue;
    total.received_bytes += number(fields[0]);
    total.sent_bytes += number(fields[8]);
  }
  return total;
}

double limit(__rlimit_resource resource) {
  rlimit limits{};
  if (::getrlimit(resource, &limits) != 0) return 0;
  if (limits.rlim_cur == RLIM_INFINITY)
    return static_cast<double>(std::numeric_limits<uint64_t>::max());
  return static_cast<double>(limits.rlim_cur);
}

double open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(entries), end(entries))) - 1;
}

void add(MetricFamilies& out, const char* name, const char* help, MetricType type, double value) {
  out[name] = {name, help, type, {{name, {}, value}}};
}

void add_process(MetricFamilies& out, const Usage& usage, const Traffic& traffic) {
  constexpr auto gauge = MetricType::gauge;
  constexpr auto counter = MetricType::counter;
  add(out, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", counter,
      usage.cpu_seconds);
  add(out, "process_max_fds", "Maximum number of open file descriptors.", gauge,
      limit(RLIMIT_NOFILE));
  add(out, "process_network_receive_bytes_total",
      "Number of bytes received by the process over the network.", counter, traffic.received_bytes);
  add(out, "process_network_transmit_bytes_total",
      "Number of bytes sent by the process over the network.", counter, traffic.sent_bytes);
  add(out, "process_open_fds", "Number of open file descriptors.", gauge, open_files());
  add(out, "process_resident_memory_bytes", "Resident memory size in bytes.", gauge,
      usage.resident_bytes);
  add(out, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
      gauge, usage.start_seconds);
  add(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", gauge,
      usage.virtual_bytes);
  add(out, "process_virtual_memory_max_bytes",
      "Maximum amount of virtual memory available in bytes.", gauge, limit(RLIMIT_AS));
}

void add_resources(MetricFamilies& out, const Usage& usage, const Traffic& traffic) {
  constexpr auto gauge = MetricType::gauge;
  constexpr auto counter = MetricType::counter;
  add(out, "alloy_resources_process_start_time_seconds",
      "Start time of the Alloy process in seconds since the unix epoch.", gauge,
      usage.start_seconds);
  add(out, "alloy_resources_process_cpu_seconds_total",
      "Total user and system CPU time spent in seconds.", counter, usage.cpu_seconds);
  add(out, "alloy_resources_process_resident_memory_bytes",
      "Resident memory of the Alloy process in bytes.", gauge, usage.resident_bytes);
  add(out, "alloy_resources_process_virtual_memory_bytes",
      "Virtual memory of the Alloy process in bytes.", gauge, usage.virtual_bytes);
  add(out, "alloy_resources_machine_rx_bytes_total",
      "Total bytes received by the machine over the network.", counter, traffic.received_bytes);
  add(out, "alloy_resources_machine_tx_bytes_total",
      "Total bytes sent by the machine over the network.", counter, traffic.sent_bytes);
}

// The real program's dashboards show these; here nothing is ever garbage collected.
void add_go(MetricFamilies& out, const Usage& usage) {
  constexpr auto gauge = MetricType::gauge;
  const auto heap = ::mallinfo2();
  add(out, "go_goroutines", "Number of threads: there are no goroutines.", gauge, usage.threads);
  add(out, "go_threads", "Number of OS threads.", gauge, usage.threads);
  add(out, "go_memstats_heap_inuse_bytes", "Number of heap bytes that are in use.", gauge,
      static_cast<double>(heap.uordblks + heap.hblkhd));
  constexpr auto name = "go_gc_duration_seconds";
  out[name] = {name,
               "Pauses for garbage collection: there are none.",
               MetricType::summary,
               {{"go_gc_duration_seconds_sum", {}, 0}, {"go_gc_duration_seconds_count", {}, 0}}};
  out["go_info"] = {"go_info",
                    "Information about the environment: not Go.",
                    gauge,
                    {{"go_info", {{"version", "none"}}, 1}}};
}

}  // namespace

void collect_process_metrics(MetricFamilies& out) {
  const Usage usage = process_usage();
  const Traffic traffic = machine_traffic();
  add_process(out, usage, traffic);
  add_resources(out, usage, traffic);
  add_go(out, usage);
}

}  // namespace alloy
