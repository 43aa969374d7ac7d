#include "components/prometheus/exporter_apache/status_page.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "signals/number_text.h"

namespace alloy::prometheus::exporter_apache {
namespace {

struct Known {
  std::string_view name;
  std::string_view help;
  MetricType type = MetricType::gauge;
};

constexpr std::array metrics = {
    Known{"apache_up", "Could the apache server be reached"},
    Known{"apache_exporter_scrape_failures_total", "Number of errors while scraping apache.",
          MetricType::counter},
    Known{"apache_version", "Apache server version"},
    Known{"apache_info", "Apache version information"},
    Known{"apache_generation", "Apache restart generation"},
    Known{"apache_load", "Apache server load"},
    Known{"apache_accesses_total", "Current total apache accesses (*)", MetricType::counter},
    Known{"apache_sent_kilobytes_total", "Current total kbytes sent (*)", MetricType::counter},
    Known{"apache_duration_ms_total", "Total duration of all registered requests in ms",
          MetricType::counter},
    Known{"apache_cpu_time_ms_total", "Apache CPU time", MetricType::counter},
    Known{"apache_cpuload",
          "The current percentage CPU used by each worker and in total by all workers combined "
          "(*)"},
    Known{"apache_uptime_seconds_total", "Current uptime in seconds (*)", MetricType::counter},
    Known{"apache_workers", "Apache worker statuses"},
    Known{"apache_processes", "Apache process count"},
    Known{"apache_connections", "Apache connection statuses"},
    Known{"apache_scoreboard", "Apache scoreboard statuses"},
    Known{"apache_proxy_balancer_status", "Apache Proxy Balancer Statuses"},
    Known{"apache_proxy_balancer_accesses_total", "Apache Proxy Balancer Request Count",
          MetricType::counter},
    Known{"apache_proxy_balancer_busy", "Apache Proxy Balancer Active Requests"},
    Known{"apache_proxy_balancer_request_kbytes_total", "Apache Proxy Balancer Request Count",
          MetricType::counter},
    Known{"apache_proxy_balancer_response_kbytes_total", "Apache Proxy Balancer Request Count",
          MetricType::counter},
};

// Lines that are one sample each.
struct Line {
  std::string_view key;
  std::string_view metric;
  std::string_view label = {};
  std::string_view value = {};
};

constexpr std::array lines = {
    Line{"ParentServerConfigGeneration", "apache_generation", "type", "config"},
    Line{"ParentServerMPMGeneration", "apache_generation", "type", "mpm"},
    Line{"Load1", "apache_load", "interval", "1min"},
    Line{"Load5", "apache_load", "interval", "5min"},
    Line{"Load15", "apache_load", "interval", "15min"},
    Line{"Total Accesses", "apache_accesses_total"},
    Line{"Total kBytes", "apache_sent_kilobytes_total"},
    Line{"Total Duration", "apache_duration_ms_total"},
    Line{"CPULoad", "apache_cpuload"},
    Line{"Uptime", "apache_uptime_seconds_total"},
    Line{"BusyWorkers", "apache_workers", "state", "busy"},
    Line{"IdleWorkers", "apache_workers", "state", "idle"},
    Line{"Processes", "apache_processes", "state", "all"},
    Line{"Stopping", "apache_processes", "state", "stopping"},
    Line{"ConnsTotal", "apache_connections", "state", "total"},
    Line{"ConnsAsyncWriting", "apache_connections", "state", "writing"},
    Line{"ConnsAsyncKeepAlive", "apache_connections", "state", "keepalive"},
    Line{"ConnsAsyncClosing", "apache_connections", "state", "closing"},
};

// What a worker's letter on the scoreboard means.
constexpr std::array<std::pair<char, std::string_view>, 11> worker_states = {
    {{'_', "idle"},
     {'S', "startup"},
     {'R', "read"},
     {'W', "reply"},
     {'K', "keepalive"},
     {'D', "dns"},
     {'C', "closing"},
     {'L', "logging"},
     {'G', "graceful_stop"},
     {'I', "idle_cleanup"},
     {'.', "open_slot"}}};

Result<double> number(std::string_view text) {
  const auto value = parse_double(text);
  if (!value)
    return fail(fmt::format("strconv.ParseFloat: parsing {}: invalid syntax", quote(text)));
  return *value;
}

class Reader {
 public:
  explicit Reader(MetricFamilies& out) : out_(out) {}

  Result<> read(std::string_view key, std::string_view value);
  void finish();

 private:
  Result<> read_version(std::string_view value);
  void read_scoreboard(std::string_view value);
  Result<> read_balancer(std::string_view key, std::string_view value);

  MetricFamilies& out_;
  std::string version_ = "UNKNOWN";
  std::string mpm_ = "UNKNOWN";
  std::string balancer_ = "UNKNOWN";
  std::string worker_ = "UNKNOWN";
  std::map<std::string_view, double> cpu_seconds_;
};

// "Apache/2.4.57 (Unix)" is 2.04057, so that versions can be compared.
Result<> Reader::read_version(std::string_view value) {
  version_ = value;
  const size_t slash = value.find('/');
  if (slash == value.npos) return {};
  std::string_view text = value.substr(slash + 1);
  text = text.substr(0, text.find(' '));
  const auto parts = split(text, '.');
  if (parts.size() < 3) return {};
  TRY(const double version, number(fmt::format("{}.{:0>2}{:0>3}", parts[0], parts[1], parts[2])));
  set_metric(out_, "apache_version", version);
  return {};
}

void Reader::read_scoreboard(std::string_view value) {
  std::map<std::string, double> counts;
  for (const auto& [letter, state] : worker_states) counts[std::string(state)] = 0;
  for (const char letter : value) {
    const auto found =
        std::ranges::find(worker_states, letter, &std::pair<char, std::string_view>::first);
    if (found != worker_states.end()) counts[std::string(found->second)] += 1;
  }
  for (const auto& [state, count] : counts)
    set_metric(out_, "apache_scoreboard", count, {{"state", state}});
}

// ProxyBalancer[0]Name, then ProxyBalancer[0]Worker[0]Name and what that worker does.
Result<> Reader::read_balancer(std::string_view key, std::string_view value) {
  const auto labels = [this] { return MetricLabels{{"balancer", balancer_}, {"worker", worker_}}; };
  const auto set = [&](std::string_view metric) -> Result<> {
    std::string_view digits = value;
    while (digits.ends_with('k') || digits.ends_with('K')) digits.remove_suffix(1);
    TRY(const double count, number(digits));
    set_metric(out_, metric, count, labels());
    return {};
  };
  if (key.ends_with("]Name")) {
    (key.contains("]Worker[") ? worker_ : balancer_) = value;
  } else if (key.ends_with("]Status")) {
    MetricLabels all = labels();
    all.insert(all.begin() + 1, {"status", std::string(value)});
    set_metric(out_, "apache_proxy_balancer_status", 1, std::move(all));
  } else if (key.ends_with("]Elected")) {
    return set("apache_proxy_balancer_accesses_total");
  } else if (key.ends_with("]Busy")) {
    return set("apache_proxy_balancer_busy");
  } else if (key.ends_with("]Sent")) {
    return set("apache_proxy_balancer_request_kbytes_total");
  } else if (key.ends_with("]Rcvd")) {
    return set("apache_proxy_balancer_response_kbytes_total");
  }
  return {};
}

Result<> Reader::read(std::string_view key, std::string_view value) {
  if (key == "ServerVersion") return read_version(value);
  if (key == "ServerMPM") mpm_ = value;
  if (key == "Scoreboard") read_scoreboard(value);
  if (key.starts_with("ProxyBalancer[")) return read_balancer(key, value);
  if (key == "CPUUser" || key == "CPUChildrenUser" || key == "CPUSystem" ||
      key == "CPUChildrenSystem") {
    TRY(const double seconds, number(value));
    cpu_seconds_["user"];
    cpu_seconds_["system"];
    cpu_seconds_[key.ends_with("User") ? "user" : "system"] += seconds;
  }
  const auto line = std::ranges::find(lines, key, &Line::key);
  if (line == lines.end()) return {};
  TRY(const double sample, number(value));
  MetricLabels labels;
  if (!line->label.empty()) labels.emplace_back(std::string(line->label), std::string(line->value));
  set_metric(out_, line->metric, sample, std::move(labels));
  return {};
}

void Reader::finish() {
  for (const auto& [type, seconds] : cpu_seconds_)
    set_metric(out_, "apache_cpu_time_ms_total", 1000 * seconds, {{"type", std::string(type)}});
  set_metric(out_, "apache_info", 1, {{"mpm", mpm_}, {"version", version_}});
  // Also where the page doesn't say.
  if (!out_.contains("apache_cpuload")) set_metric(out_, "apache_cpuload", 0);
}

}  // namespace

void set_metric(MetricFamilies& out, std::string_view name, double value, MetricLabels labels) {
  const auto known = std::ranges::find(metrics, name, &Known::name);
  ASSERT(known != metrics.end());
  MetricFamily& family = out[std::string(name)];
  family.name = name;
  family.help = known->help;
  family.type = known->type;
  const auto sample = std::ranges::find(family.samples, labels, &MetricSample::labels);
  if (sample == family.samples.end()) {
    family.samples.push_back({std::string(name), std::move(labels), value});
  } else {
    sample->value = value;
  }
}

Result<> read_status_page(std::string_view page, MetricFamilies& out) {
  Reader reader(out);
  for (const std::string_view line : split(page, '\n')) {
    const size_t colon = line.find(':');
    if (colon == line.npos) continue;
    TRY(reader.read(trim(line.substr(0, colon)), trim(line.substr(colon + 1))));
  }
  reader.finish();
  return {};
}

}  // namespace alloy::prometheus::exporter_apache
