// What memory is used for: meminfo, vmstat, and by NUMA node: meminfo_numa.
#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// "Active_anon" for "Active(anon)".
std::string without_brackets(std::string_view key) {
  std::string name;
  for (const char c : key) {
    if (c == '(') name += '_';
    if (c != '(' && c != ')') name += c;
  }
  return name;
}

// A line such as "MemTotal:  16 kB", without what stands in front of the key.
struct MemoryLine {
  std::string name;
  double value = 0;
  bool is_in_bytes = false;
};
Result<MemoryLine> parse_memory_line(std::span<const std::string_view> parts) {
  if (parts.size() < 2 || parts.size() > 3) return fail("invalid line in meminfo");
  const auto value = to_double(parts[1]);
  if (!value) return fail(fmt::format("invalid value in meminfo: {}", quote(parts[1])));
  std::string_view key = parts[0];
  if (key.ends_with(':')) key.remove_suffix(1);
  MemoryLine line{without_brackets(key), *value};
  if (parts.size() == 3) {  // A unit, which is always kB.
    line.value *= 1024;
    line.is_in_bytes = true;
  }
  return line;
}

class Vmstat final : public Collector {
 public:
  Vmstat(Paths paths, SearchExpression fields)
      : paths_(std::move(paths)), fields_(std::move(fields)) {}

  static Result<std::unique_ptr<Vmstat>> create(const CollectorOptions& options) {
    TRY(auto fields, SearchExpression::create(options.arguments.vmstat.fields));
    return std::make_unique<Vmstat>(options.paths, std::move(fields));
  }

  Result<> collect(Metrics& out) override {
    TRY(const std::string text, read_text(paths_.in_proc("vmstat")));
    for_each_line(text, [&](std::string_view line) {
      const size_t blank = line.find(' ');
      if (blank == std::string_view::npos) return;
      const std::string_view name = line.substr(0, blank);
      if (!fields_.matches(name)) return;
      out.untyped(fmt::format("node_vmstat_{}", name),
                  fmt::format("/proc/vmstat information field {}.", name), {},
                  to_double_or_zero(trim(line.substr(blank))));
    });
    return {};
  }

 private:
  Paths paths_;
  SearchExpression fields_;
};

// Of one node: "Node 0 MemTotal:  16 kB".
Result<> add_numa_memory(std::string_view text, std::string_view node, Metrics& out) {
  Result<> result;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.size() < 4 || !result) return;
    auto parsed = parse_memory_line(std::span(parts).subspan(2));
    if (!parsed) {
      result = std::unexpected(std::move(parsed).error());
      return;
    }
    out.gauge(fmt::format("node_memory_numa_{}", parsed->name),
              fmt::format("Memory information field {}.", parsed->name), {{"node", node}},
              parsed->value);
  });
  return result;
}

}  // namespace

Result<> collect_meminfo(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("meminfo")));
  Result<> result;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.empty() || !result) return;
    auto parsed = parse_memory_line(parts);
    if (!parsed) {
      result = std::unexpected(std::move(parsed).error());
      return;
    }
    if (parsed->is_in_bytes) parsed->name += "_bytes";
    const Kind kind = parsed->name.ends_with("_total") ? Kind::counter : Kind::gauge;
    out.add(kind, fmt::format("node_memory_{}", parsed->name),
            fmt::format("Memory information field {}.", parsed->name), {}, parsed->value);
  });
  return result;
}

Result<std::unique_ptr<Collector>> create_vmstat(const CollectorOptions& options) {
  return create_collector<Vmstat>(options);
}

Result<> collect_meminfo_numa(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("devices/system/node");
  for (const std::string& name : entries(folder)) {
    const auto number = number_behind(name, "node");
    if (!number) continue;
    const std::string node = fmt::format("{}", *number);
    TRY(const std::string text, read_text(fmt::format("{}/{}/meminfo", folder, name)));
    TRY(add_numa_memory(text, node, out));
    TRY(const std::string counts, read_text(fmt::format("{}/{}/numastat", folder, name)));
    for_each_line(counts, [&](std::string_view line) {
      const auto parts = words(line);
      if (parts.size() != 2) return;
      out.counter(fmt::format("node_memory_numa_{}_total", parts[0]),
                  fmt::format("Memory information field {}_total.", parts[0]), {{"node", node}},
                  to_double_or_zero(parts[1]));
    });
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
