// How fast CPUs run: cpufreq. Which of their flaws concern them: cpu_vulnerabilities.
#include <algorithm>

#include <fmt/format.h>

#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {

Result<> collect_cpufreq(const Paths& paths, Metrics& out) {
  struct Frequency {
    std::string_view file;
    std::string_view name;
    std::string_view help;
  };
  static constexpr std::array<Frequency, 6> frequencies = {{
      {"cpuinfo_cur_freq", "node_cpu_frequency_hertz", "Current CPU thread frequency in hertz."},
      {"cpuinfo_min_freq", "node_cpu_frequency_min_hertz",
       "Minimum CPU thread frequency in hertz."},
      {"cpuinfo_max_freq", "node_cpu_frequency_max_hertz",
       "Maximum CPU thread frequency in hertz."},
      {"scaling_cur_freq", "node_cpu_scaling_frequency_hertz",
       "Current scaled CPU thread frequency in hertz."},
      {"scaling_min_freq", "node_cpu_scaling_frequency_min_hertz",
       "Minimum scaled CPU thread frequency in hertz."},
      {"scaling_max_freq", "node_cpu_scaling_frequency_max_hertz",
       "Maximum scaled CPU thread frequency in hertz."},
  }};
  const std::string folder = paths.in_sys("devices/system/cpu");
  for (const std::string& name : entries(folder)) {
    const auto number = number_behind(name, "cpu");
    const std::string files = fmt::format("{}/{}/cpufreq/", folder, name);
    if (!number || !is_directory(files)) continue;
    const std::string cpu = fmt::format("{}", *number);
    for (const Frequency& frequency : frequencies) {
      if (const auto value = read_count(files + std::string(frequency.file))) {
        out.gauge(frequency.name, frequency.help, {{"cpu", cpu}},
                  static_cast<double>(*value) * 1000);
      }
    }
    const std::string governor = read_attribute_or_empty(files + "scaling_governor");
    if (governor.empty()) continue;
    for (const std::string_view available :
         words(read_attribute_or_empty(files + "scaling_available_governors"))) {
      out.gauge("node_cpu_scaling_governor", "Current enabled CPU frequency governor.",
                {{"cpu", cpu}, {"governor", std::string(available)}},
                available == governor ? 1 : 0);
    }
  }
  return {};
}

Result<> collect_cpu_vulnerabilities(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("devices/system/cpu/vulnerabilities");
  TRY(const auto names, entries_or_no_data(folder));
  for (const std::string& name : names) {
    std::string text = read_attribute_or_empty(fmt::format("{}/{}", folder, name));
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    std::string_view state = "unknown";
    // "KVM: Mitigation: …" says it further behind; others say more there.
    size_t first = std::string::npos;
    for (const std::string_view known : {"not affected", "vulnerable", "mitigation"}) {
      if (const size_t at = text.find(known); at < first) {
        first = at;
        state = known;
      }
    }
    out.gauge("node_cpu_vulnerabilities_info",
              "Details of each CPU vulnerability reported by sysfs. The value of the series is an "
              "int encoded state of the vulnerability. The same state is stored as a string in the "
              "label",
              {{"codename", name}, {"state", state}}, 1);
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
