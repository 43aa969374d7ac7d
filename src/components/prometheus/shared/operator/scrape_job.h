// What a monitor of the Prometheus operator asks for, as one job: what is scraped, and how.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/shared/http_client_arguments.h"
#include "signals/relabel.h"

namespace alloy::prometheus::operators {

// A rule as it is shown; a regular expression that nobody gave isn't.
struct JobRule {
  RelabelRule rule;
  bool shows_regex = false;
  bool operator==(const JobRule&) const = default;
};

// The objects of a role in some namespaces; none: in all.
struct KubernetesTargets {
  std::string role;
  std::vector<std::string> namespaces;
  bool attaches_nodes = false;
  bool operator==(const KubernetesTargets&) const = default;
};

struct StaticTargets {
  std::vector<std::string> addresses;
  std::map<std::string, std::string> labels;
  bool operator==(const StaticTargets&) const = default;
};

// What a URL lists.
struct HttpTargets {
  std::string url;
  Duration refresh_interval = 30s;
  HttpClientArguments http;
  bool operator==(const HttpTargets&) const = default;
};

struct JobLimits {
  uint64_t samples = 0;
  uint64_t targets = 0;
  uint64_t labels = 0;
  uint64_t label_name_length = 0;
  uint64_t label_value_length = 0;
  int64_t body_bytes = 0;
  bool operator==(const JobLimits&) const = default;
};

struct HistogramOptions {
  bool scrapes_native = false;
  bool scrapes_classic = false;
  bool converts_classic = false;
  uint64_t bucket_limit = 0;
  double min_bucket_factor = 0;
  bool operator==(const HistogramOptions&) const = default;
};

// The format of targets that don't say which one they answer in.
inline constexpr std::string_view fallback_protocol = "PrometheusText0.0.4";

struct ScrapeJob {
  std::string name;
  bool honor_labels = false;
  bool honor_timestamps = true;
  std::map<std::string, std::vector<std::string>> params;
  Duration interval = 1min;
  Duration timeout = 10s;
  std::vector<std::string> protocols;
  HistogramOptions histograms;
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  bool enable_compression = true;
  JobLimits limits;
  HttpClientArguments http;
  std::vector<JobRule> rules;
  std::vector<JobRule> metric_rules;
  std::optional<KubernetesTargets> kubernetes;
  std::vector<StaticTargets> statics;
  std::optional<HttpTargets> listed;
  bool operator==(const ScrapeJob&) const = default;
};

// Where the API server is, for showing jobs.
struct ShownServer {
  std::string api_server;
  std::string kubeconfig_file;
  HttpClientArguments http;
};

// The jobs as the list of scrape configurations in Prometheus' YAML; secrets are hidden.
std::string to_yaml(const std::vector<ScrapeJob>& jobs, const ShownServer& server);

}  // namespace alloy::prometheus::operators
