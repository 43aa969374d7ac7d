// perf: the counters of the CPUs and of the kernel, over perf_event_open(2).
#include <cerrno>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/names.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr uint64_t cache(uint64_t what, uint64_t operation, uint64_t result) {
  return what | operation << 8 | result << 16;
}

// An event as the arguments name it, and its metric.
struct Event {
  std::string_view argument;
  uint64_t config;
  std::string_view name;
  std::string_view help;
};

constexpr auto hardware_events = std::to_array<Event>({
    {"CpuCycles", PERF_COUNT_HW_CPU_CYCLES, "cpucycles_total",
     "Number of CPU cycles (frequency scaled)"},
    {"CpuInstr", PERF_COUNT_HW_INSTRUCTIONS, "instructions_total", "Number of CPU instructions"},
    {"CacheRef", PERF_COUNT_HW_CACHE_REFERENCES, "cache_refs_total",
     "Number of cache references (non frequency scaled)"},
    {"CacheMisses", PERF_COUNT_HW_CACHE_MISSES, "cache_misses_total", "Number of cache misses"},
    {"BranchInstr", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, "branch_instructions_total",
     "Number of CPU branch instructions"},
    {"BranchMisses", PERF_COUNT_HW_BRANCH_MISSES, "branch_misses_total",
     "Number of CPU branch misses"},
    {"StalledCyclesBackend", PERF_COUNT_HW_STALLED_CYCLES_BACKEND, "stalled_cycles_backend_total",
     "Number of stalled backend CPU cycles"},
    {"StalledCyclesFrontend", PERF_COUNT_HW_STALLED_CYCLES_FRONTEND,
     "stalled_cycles_frontend_total", "Number of stalled frontend CPU cycles"},
    {"RefCpuCycles", PERF_COUNT_HW_REF_CPU_CYCLES, "ref_cpucycles_total", "Number of CPU cycles"},
});

constexpr auto software_events = std::to_array<Event>({
    {"PageFault", PERF_COUNT_SW_PAGE_FAULTS, "page_faults_total", "Number of page faults"},
    {"ContextSwitch", PERF_COUNT_SW_CONTEXT_SWITCHES, "context_switches_total",
     "Number of context switches"},
    {"CpuMigration", PERF_COUNT_SW_CPU_MIGRATIONS, "cpu_migrations_total",
     "Number of CPU process migrations"},
    {"MinorFault", PERF_COUNT_SW_PAGE_FAULTS_MIN, "minor_faults_total",
     "Number of minor page faults"},
    {"MajorFault", PERF_COUNT_SW_PAGE_FAULTS_MAJ, "major_faults_total",
     "Number of major page faults"},
});

constexpr uint64_t reading = PERF_COUNT_HW_CACHE_OP_READ;
constexpr uint64_t writing = PERF_COUNT_HW_CACHE_OP_WRITE;
constexpr uint64_t hit = PERF_COUNT_HW_CACHE_RESULT_ACCESS;
constexpr uint64_t miss = PERF_COUNT_HW_CACHE_RESULT_MISS;
constexpr auto cache_events = std::to_array<Event>({
    {"L1DataReadHit", cache(PERF_COUNT_HW_CACHE_L1D, reading, hit), "cache_l1d_read_hits_total",
     "Number L1 data cache read hits"},
    {"L1DataReadMiss", cache(PERF_COUNT_HW_CACHE_L1D, reading, miss), "cache_l1d_read_misses_total",
     "Number L1 data cache read misses"},
    {"L1DataWriteHit", cache(PERF_COUNT_HW_CACHE_L1D, writing, hit), "cache_l1d_write_hits_total",
     "Number L1 data cache write hits"},
    {"L1InstrReadMiss", cache(PERF_COUNT_HW_CACHE_L1I, reading, miss),
     "cache_l1_instr_read_misses_total", "Number instruction L1 instruction read misses"},
    {"LLReadHit", cache(PERF_COUNT_HW_CACHE_LL, reading, hit), "cache_ll_read_hits_total",
     "Number last level read hits"},
    {"LLReadMiss", cache(PERF_COUNT_HW_CACHE_LL, reading, miss), "cache_ll_read_misses_total",
     "Number last level read misses"},
    {"LLWriteHit", cache(PERF_COUNT_HW_CACHE_LL, writing, hit), "cache_ll_write_hits_total",
     "Number last level write hits"},
    {"LLWriteMiss", cache(PERF_COUNT_HW_CACHE_LL, writing, miss), "cache_ll_write_misses_total",
     "Number last level write misses"},
    {"InstrTLBReadHit", cache(PERF_COUNT_HW_CACHE_ITLB, reading, hit),
     "cache_tlb_instr_read_hits_total", "Number instruction TLB read hits"},
    {"InstrTLBReadMiss", cache(PERF_COUNT_HW_CACHE_ITLB, reading, miss),
     "cache_tlb_instr_read_misses_total", "Number instruction TLB read misses"},
    {"BPUReadHit", cache(PERF_COUNT_HW_CACHE_BPU, reading, hit), "cache_bpu_read_hits_total",
     "Number BPU read hits"},
    {"BPUReadMiss", cache(PERF_COUNT_HW_CACHE_BPU, reading, miss), "cache_bpu_read_misses_total",
     "Number BPU read misses"},
});

// "0,2-10:4": numbers, ranges, and ranges with a step.
Result<std::vector<int>> parse_cpus(std::string_view text) {
  std::vector<int> cpus;
  const auto number = [&](std::string_view part) -> Result<int> {
    const auto value = to_count(part);
    constexpr uint64_t cpus_max = 1 << 16;
    if (!value || *value > cpus_max) return fail(fmt::format("invalid flag value {}", quote(text)));
    return static_cast<int>(*value);
  };
  for (const std::string_view part : split(text, ',')) {
    const size_t colon = part.find(':');
    const std::string_view range = part.substr(0, colon);
    const size_t dash = range.find('-');
    TRY(const int first, number(range.substr(0, dash)));
    int last = first;
    int step = 1;
    if (dash != std::string_view::npos) {
      TRY(last, number(range.substr(dash + 1)));
    }
    if (colon != std::string_view::npos) {
      TRY(step, number(part.substr(colon + 1)));
    }
    if (step < 1) return fail(fmt::format("invalid flag value {}", quote(text)));
    for (int cpu = first; cpu <= last; cpu += step) cpus.push_back(cpu);
  }
  return cpus;
}

// A counter of one CPU that runs as long as it lives.
struct Counting {
  int file = -1;
  std::string cpu;
  std::string name;
  std::string help;
};

class Perf final : public Collector {
 public:
  Perf() = default;
  ~Perf() override {
    for (const Counting& counting : countings_) ::close(counting.file);
  }

  static Result<std::unique_ptr<Perf>> create(const CollectorOptions& options) {
    const PerfArguments& arguments = options.arguments.perf;
    auto perf = std::make_unique<Perf>();
    if (arguments.cpus.empty()) {
      const auto count = static_cast<int>(std::thread::hardware_concurrency());
      for (int cpu = 0; cpu < count; ++cpu) perf->cpus_.push_back(cpu);
    } else {
      TRY(perf->cpus_, parse_cpus(arguments.cpus));
    }
    for (const std::string& tracepoint : arguments.tracepoint) {
      TRY(perf->add_tracepoint(options.paths, tracepoint));
    }
    if (!arguments.disable_hardware_profilers) {
      TRY(perf->add_events(PERF_TYPE_HARDWARE, hardware_events, arguments.hardware_profilers));
    }
    if (!arguments.disable_software_profilers) {
      TRY(perf->add_events(PERF_TYPE_SOFTWARE, software_events, arguments.software_profilers));
    }
    if (!arguments.disable_cache_profilers) {
      TRY(perf->add_events(PERF_TYPE_HW_CACHE, cache_events, arguments.cache_profilers));
    }
    return perf;
  }

  Result<> collect(Metrics& out) override {
    for (const Counting& counting : countings_) {
      uint64_t count = 0;
      if (::read(counting.file, &count, sizeof count) != sizeof count) {
        return std::unexpected(Error::from_errno(counting.name));
      }
      out.counter(counting.name, counting.help, {{"cpu", counting.cpu}},
                  static_cast<double>(count));
    }
    return {};
  }

 private:
  // On every CPU, or nowhere.
  Result<> open(uint32_t type, uint64_t config, const std::string& name, std::string_view help) {
    for (const int cpu : cpus_) {
      perf_event_attr attributes{};
      attributes.type = type;
      attributes.size = sizeof attributes;
      attributes.config = config;
      attributes.exclude_hv = 1;
      attributes.inherit = 1;
      const auto file = static_cast<int>(::syscall(SYS_perf_event_open, &attributes, /*pid=*/-1,
                                                   cpu, /*group=*/-1, PERF_FLAG_FD_CLOEXEC));
      if (file < 0) return std::unexpected(Error::from_errno(name));
      countings_.push_back({file, fmt::format("{}", cpu), name, std::string(help)});
    }
    return {};
  }

  // Machines differ in what they count: it fails only if there is nothing of a kind.
  Result<> add_events(uint32_t type, std::span<const Event> events,
                      const std::vector<std::string>& wanted) {
    for (const std::string& name : wanted) {
      if (std::ranges::find(events, name, &Event::argument) == events.end()) {
        return fail(fmt::format("unknown profiler {}", quote(name)));
      }
    }
    Result<> last = fail("no profilers");
    bool has_any = false;
    for (const Event& event : events) {
      if (!wanted.empty() && std::ranges::find(wanted, event.argument) == wanted.end()) continue;
      last = open(type, event.config, fmt::format("node_perf_{}", event.name), event.help);
      has_any |= last.has_value();
    }
    return has_any ? Result<>() : last;
  }

  Result<> add_tracepoint(const Paths& paths, const std::string& text) {
    const size_t colon = text.find(':');
    if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
      return fail(fmt::format("invalid tracepoint config {}", text));
    }
    const std::string subsystem = text.substr(0, colon);
    const std::string event = text.substr(colon + 1);
    std::optional<uint64_t> id;
    for (const std::string_view folder : {"kernel/tracing", "kernel/debug/tracing"}) {
      if (!id) {
        id = read_count(paths.in_sys(fmt::format("{}/events/{}/{}/id", folder, subsystem, event)));
      }
    }
    if (!id) return fail(fmt::format("tracepoint {} does not exist or can't be read", text));
    return open(PERF_TYPE_TRACEPOINT, *id,
                metric_name(fmt::format("node_perf_{}_{}", subsystem, event)),
                fmt::format("Perf tracepoint {}", text));
  }

  std::vector<int> cpus_;
  std::vector<Counting> countings_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_perf(const CollectorOptions& options) {
  return create_collector<Perf>(options);
}

}  // namespace alloy::prometheus::exporter_unix
