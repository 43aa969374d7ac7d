// Makes jobs of monitors' specifications: what the four kinds of monitors have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "components/prometheus/shared/operator/arguments.h"
#include "components/prometheus/shared/operator/scrape_job.h"
#include "components/shared/kubernetes/objects.h"
#include "components/shared/kubernetes/relabel_spec.h"
#include "components/shared/kubernetes/secrets.h"

namespace alloy::prometheus::operators {

// A resource of any of the kinds.
struct Monitor final : kubernetes::ClusterObject {
  std::string version;
  std::string spec;  // As JSON.
  bool operator==(const Monitor&) const = default;
};

// What making jobs depends on besides the monitor.
struct JobSettings {
  const OperatorArguments& arguments;
  kubernetes::Secrets& secrets;
  bool allows_files = false;  // Of our own file system, named by monitors.
};

// Builds one job. Errors are for whoever wrote the monitor; kind not_found where only a secret has
// yet to be asked for.
class JobBuilder {
 public:
  JobBuilder(const JobSettings& settings, const Monitor& monitor, std::string job_name);

  ScrapeJob& job() { return job_; }
  const std::string& name_space() const { return name_space_; }

  // Rules. Those of the component and the one that keeps the job's name come with the first call.
  void add(RelabelRule rule);
  void add_constant(std::string target_label, std::string value);
  void add_copy(std::string from, std::string to);
  // The value of `from`, unless it is empty.
  void add_copy_if_set(std::string from, std::string to);
  Result<> add_regex(RelabelAction action, std::vector<std::string> from, std::string_view regex);
  // Keeps what a selector selects, by the labels <prefix>_label_*.
  Result<> add_selector(const std::string& prefix, JsonNode selector);
  Result<> add_own(JsonNode relabelings);
  Result<> add_metric_rules(JsonNode relabelings);

  // Where the targets are: the monitor's namespace, or those that its selector names.
  void set_kubernetes_targets(std::string role, JsonNode namespace_selector,
                              JsonNode attach_metadata);

  Result<> read_interval(JsonNode interval, std::string_view of);
  Result<> read_timeout(JsonNode timeout, std::string_view of);
  Result<> read_protocols(JsonNode protocols);
  Result<> read_proxy(JsonNode url, std::string_view of);
  void read_params(JsonNode params);
  Result<> read_limits(JsonNode spec, std::string_view of);
  // tlsConfig, bearerTokenSecret, basicAuth, oauth2 and authorization.
  Result<> read_credentials(JsonNode node, HttpClientArguments& http);
  Result<> read_safe_tls(JsonNode tls, HttpClientArguments& http);

  // Checks the whole.
  Result<ScrapeJob> finish();

 private:
  Result<> read_oauth2(JsonNode node, HttpClientArguments& http);
  Result<> read_authorization(JsonNode node, HttpClientArguments& http);

  const JobSettings& settings_;
  const std::string name_space_;
  ScrapeJob job_;
};

// "a.b/c" as a label's name.
std::string label_name(std::string_view text);
// A port by name or number as text; empty: none.
std::string port_text(JsonNode port);

// What becomes of each kind. A monitor makes several jobs; with ScrapeConfigs those that can be
// made count although others can't.
struct MadeJobs {
  std::vector<ScrapeJob> jobs;
  std::vector<Error> errors;
};
MadeJobs jobs_of_pod_monitor(const Monitor& monitor, const JobSettings& settings);
MadeJobs jobs_of_service_monitor(const Monitor& monitor, const JobSettings& settings);
MadeJobs jobs_of_probe(const Monitor& monitor, const JobSettings& settings);
MadeJobs jobs_of_scrape_config(const Monitor& monitor, const JobSettings& settings);

}  // namespace alloy::prometheus::operators
