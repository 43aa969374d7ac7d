// cpu: where each CPU spends its time, what kind it is, how often it was throttled.
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// The order of the columns of /proc/stat.
constexpr std::array<std::string_view, 8> modes = {"user",   "nice", "system",  "idle",
                                                   "iowait", "irq",  "softirq", "steal"};
constexpr size_t idle = 3;
constexpr size_t guest = 8;
constexpr size_t guest_nice = 9;
constexpr double ticks_per_second = 100;  // What the kernel shows to user space, always.
// A larger step back of the idle time means that the CPU was replaced.
constexpr double hotplug_seconds_min = 3;

using Times = std::array<double, 10>;

// "1,3-5" as 1, 3, 4, 5.
std::vector<uint64_t> parse_ranges(std::string_view text) {
  std::vector<uint64_t> numbers;
  for (const std::string_view range : split(text, ',')) {
    const size_t dash = range.find('-');
    const auto first = to_count(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : to_count(range.substr(dash + 1));
    constexpr uint64_t cpus_max = 1 << 16;
    if (!first || !last || *last - *first > cpus_max) continue;
    for (uint64_t number = *first; number <= *last; ++number) numbers.push_back(number);
  }
  return numbers;
}

using Processor = std::map<std::string_view, std::string_view>;

// The blocks of /proc/cpuinfo, one a CPU.
std::vector<Processor> parse_processors(std::string_view text) {
  std::vector<Processor> processors;
  for_each_line(text, [&](std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view key = trim(line.substr(0, colon));
    if (key == "processor") processors.emplace_back();
    if (!processors.empty()) processors.back()[key] = trim(line.substr(colon + 1));
  });
  return processors;
}

class Cpu final : public Collector {
 public:
  static Result<std::unique_ptr<Cpu>> create(const CollectorOptions& options) {
    auto cpu = std::make_unique<Cpu>();
    const CpuArguments& arguments = options.arguments.cpu;
    cpu->paths_ = options.paths;
    cpu->tells_guest_ = arguments.guest;
    cpu->tells_frequency_ = !options.has_cpufreq;
    TRY(cpu->flags_, optional_expression(arguments.flags_include));
    TRY(cpu->bugs_, optional_expression(arguments.bugs_include));
    cpu->tells_info_ = arguments.info || cpu->flags_ || cpu->bugs_;
    cpu->isolated_ =
        parse_ranges(read_attribute_or_empty(options.paths.in_sys("devices/system/cpu/isolated")));
    return cpu;
  }

  Result<> collect(Metrics& out) override {
    if (tells_info_) TRY(add_info(out));
    TRY(const std::string text, read_text(paths_.in_proc("stat")));
    remember(text);
    for (const auto& [number, times] : times_) add_times(number, times, out);
    for (const uint64_t number : isolated_) {
      out.gauge("node_cpu_isolated",
                "Whether each core is isolated, information from "
                "/sys/devices/system/cpu/isolated.",
                {{"cpu", fmt::format("{}", number)}}, 1);
    }
    add_throttles(out);
    return {};
  }

 private:
  Result<> add_info(Metrics& out) const;
  void add_times(uint64_t number, const Times& times, Metrics& out) const;
  void remember(std::string_view text);
  void add_throttles(Metrics& out) const;

  Paths paths_;
  bool tells_info_ = false;
  bool tells_guest_ = false;
  bool tells_frequency_ = false;
  std::optional<SearchExpression> flags_;
  std::optional<SearchExpression> bugs_;
  std::vector<uint64_t> isolated_;
  // Counters of the kernel may go back a little; ours do not.
  std::map<uint64_t, Times> times_;
};

// Without the CPUs that are offline now.
void Cpu::remember(std::string_view text) {
  std::map<uint64_t, Times> present;
  for_each_line(text, [&](std::string_view line) {
    if (!line.starts_with("cpu")) return;
    const auto parts = words(line);
    const auto number = number_behind(parts[0], "cpu");
    if (!number) return;
    Times now{};
    for (size_t i = 0; i < now.size() && i + 1 < parts.size(); ++i) {
      now[i] = to_double_or_zero(parts[i + 1]) / ticks_per_second;
    }
    Times& kept = present[*number];
    if (const auto before = times_.find(*number); before != times_.end()) kept = before->second;
    if (kept[idle] - now[idle] >= hotplug_seconds_min) kept = {};
    for (size_t i = 0; i < now.size(); ++i) kept[i] = std::max(kept[i], now[i]);
  });
  times_ = std::move(present);
}

void Cpu::add_times(uint64_t number, const Times& times, Metrics& out) const {
  const std::string cpu = fmt::format("{}", number);
  for (size_t i = 0; i < modes.size(); ++i) {
    out.counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.",
                {{"cpu", cpu}, {"mode", modes[i]}}, times[i]);
  }
  if (!tells_guest_) return;
  // These are part of "user" and "nice" too.
  constexpr std::string_view help = "Seconds the CPUs spent in guests (VMs) for each mode.";
  out.counter("node_cpu_guest_seconds_total", help, {{"cpu", cpu}, {"mode", "user"}}, times[guest]);
  out.counter("node_cpu_guest_seconds_total", help, {{"cpu", cpu}, {"mode", "nice"}},
              times[guest_nice]);
}

Result<> Cpu::add_info(Metrics& out) const {
  TRY(const std::string text, read_text(paths_.in_proc("cpuinfo")));
  const std::vector<Processor> processors = parse_processors(text);
  for (const Processor& processor : processors) {
    // The second name is what ARM calls it.
    const auto value = [&](std::string_view key, std::string_view other = "") {
      auto found = processor.find(key);
      if (found == processor.end()) found = processor.find(other);
      return found == processor.end() ? std::string_view() : found->second;
    };
    out.gauge("node_cpu_info", "CPU information from /proc/cpuinfo.",
              {{"package", value("physical id")},
               {"core", value("core id")},
               {"cpu", value("processor")},
               {"vendor", value("vendor_id", "CPU implementer")},
               {"family", value("cpu family", "CPU architecture")},
               {"model", value("model", "CPU part")},
               {"model_name", value("model name")},
               {"microcode", value("microcode")},
               {"stepping", value("stepping", "CPU revision")},
               {"cachesize", value("cache size")}},
              1);
    if (!tells_frequency_) continue;
    out.gauge("node_cpu_frequency_hertz", "CPU frequency in hertz from /proc/cpuinfo.",
              {{"package", value("physical id")},
               {"core", value("core id")},
               {"cpu", value("processor")}},
              to_double_or_zero(value("cpu MHz")) * 1e6);
  }
  if (processors.empty()) return {};
  const auto add_words = [&](std::string_view key, const std::optional<SearchExpression>& filter,
                             std::string_view family, std::string_view help,
                             std::string_view label) {
    const auto found = processors.front().find(key);
    if (!filter || found == processors.front().end()) return;
    for (const std::string_view word : words(found->second)) {
      if (filter->matches(word)) out.gauge(family, help, {{label, word}}, 1);
    }
  };
  constexpr std::string_view flags_help =
      "The `flags` field of CPU information from /proc/cpuinfo taken from the first core.";
  add_words("flags", flags_, "node_cpu_flag_info", flags_help, "flag");
  add_words("Features", flags_, "node_cpu_flag_info", flags_help, "flag");
  add_words("bugs", bugs_, "node_cpu_bug_info",
            "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.",
            "bug");
  return {};
}

void Cpu::add_throttles(Metrics& out) const {
  const std::string folder = paths_.in_sys("devices/system/cpu");
  std::map<uint64_t, uint64_t> packages;
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> cores;
  for (const std::string& name : entries(folder)) {
    if (!number_behind(name, "cpu")) continue;
    const std::string cpu = fmt::format("{}/{}/", folder, name);
    const auto package = read_count(cpu + "topology/physical_package_id");
    const auto core = read_count(cpu + "topology/core_id");
    if (!package || !core) continue;
    // The threads of a core, and the cores of a package, show the same counter.
    if (!cores.contains({*package, *core})) {
      if (const auto count = read_count(cpu + "thermal_throttle/core_throttle_count")) {
        cores[{*package, *core}] = *count;
      }
    }
    if (!packages.contains(*package)) {
      if (const auto count = read_count(cpu + "thermal_throttle/package_throttle_count")) {
        packages[*package] = *count;
      }
    }
  }
  for (const auto& [package, count] : packages) {
    out.counter("node_cpu_package_throttles_total",
                "Number of times this CPU package has been throttled.",
                {{"package", fmt::format("{}", package)}}, static_cast<double>(count));
  }
  for (const auto& [place, count] : cores) {
    out.counter(
        "node_cpu_core_throttles_total", "Number of times this CPU core has been throttled.",
        {{"package", fmt::format("{}", place.first)}, {"core", fmt::format("{}", place.second)}},
        static_cast<double>(count));
  }
}

}  // namespace

Result<std::unique_ptr<Collector>> create_cpu(const CollectorOptions& options) {
  return create_collector<Cpu>(options);
}

}  // namespace alloy::prometheus::exporter_unix
