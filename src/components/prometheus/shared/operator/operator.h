// The works of prometheus.operator.*: follows the monitors of a cluster, makes jobs of them and
// scrapes their targets.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "components/prometheus/shared/operator/job_builder.h"
#include "components/prometheus/shared/operator/scrape_pools.h"
#include "components/prometheus/shared/operator/target_sources.h"
#include "components/shared/kubernetes/object_watch.h"
#include "services/component_http.h"

namespace alloy::prometheus::operators {

// A kind of monitor.
struct MonitorKind {
  std::string_view name;        // "podMonitor"
  std::string_view shown_name;  // "pod monitor"
  const kubernetes::ObjectType* type;
  MadeJobs (*make_jobs)(const Monitor& monitor, const JobSettings& settings);
};
extern const MonitorKind pod_monitors;
extern const MonitorKind service_monitors;
extern const MonitorKind probes;
extern const MonitorKind scrape_configs;

// What debug_info() shows.
struct MonitorInfo {
  std::string name_space;
  std::string name;
  std::string last_reconcile;
  std::string reconcile_error;
  std::string scrape_configs_url;

  static constexpr auto schema() {
    using M = MonitorInfo;
    return fields(
        required<&M::name_space>("namespace", "The namespace of the resource."),
        required<&M::name>("name", "The name of the resource."),
        optional<&M::last_reconcile>("last_reconcile", "When it was last looked at."),
        optional<&M::reconcile_error>("reconcile_error", "What is wrong with it."),
        optional<&M::scrape_configs_url>("scrape_configs_url", "Where its jobs can be seen."));
  }
};
struct OperatorInfo {
  std::vector<MonitorInfo> monitors;
  std::vector<scrape::TargetInfo> targets;

  static constexpr auto schema() {
    using O = OperatorInfo;
    return fields(blocks<&O::monitors>("crds", "A resource that counts."),
                  blocks<&O::targets>("targets", "A target that is scraped."));
  }
};

class Operator {
 public:
  Operator(const MonitorKind& kind, const Options& options);

  // Both on the component's strand.
  Result<> update(OperatorArguments arguments, bool allows_files);
  Task<> run(StopToken stop);
  // From any thread.
  OperatorInfo info() const;

 private:
  // What is known of a monitor.
  struct Known {
    std::shared_ptr<const Monitor> monitor;
    std::vector<ScrapeJob> jobs;
    bool waits_for_secrets = false;
    MonitorInfo info;
  };
  // What one set of arguments leads to; replaced as a whole.
  struct Setup {
    OperatorArguments arguments;
    bool allows_files;
    kubernetes::LabelSelector selector;
  };
  // What lives as long as the cluster is followed in one way.
  struct Session;
  struct Shown;

  Task<> follow(std::shared_ptr<const Setup> setup, StopToken stop);
  Task<> tend(Session* session, StopToken stop);
  Task<> reconcile(Session* session, StopToken stop);
  void make_jobs(Session& session, Known& known);
  void distribute(Session& session);
  void show(const Session& session);
  void set_health(HealthState state, std::string message);
  net::Handler make_handler() const;

  const MonitorKind& kind_;
  const Options& options_;
  const Logger logger_;
  ScrapePools pools_;
  std::shared_ptr<const Setup> setup_;
  Event changed_;
  const std::shared_ptr<Shown> shown_;
};

}  // namespace alloy::prometheus::operators
