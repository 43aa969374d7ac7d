// Where the jobs' targets come from. Jobs that look at the same thing share one source: a namespace
// is watched once, however many monitors select from it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "component/component.h"
#include "components/prometheus/shared/operator/scrape_job.h"
#include "components/shared/kubernetes/api_client.h"
#include "components/shared/target_groups.h"

namespace alloy::prometheus::operators {

// Names a source: the objects of a role in one namespace ("": all), or what a URL lists.
struct SourceKey {
  std::string role;
  std::string name_space;
  bool attaches_nodes = false;
  std::string listed_by;  // The job whose list it is; empty: it is of a cluster.
  auto operator<=>(const SourceKey&) const = default;
};
// Those that a job needs besides its static targets.
std::vector<SourceKey> sources_of(const ScrapeJob& job);

class TargetSources {
 public:
  TargetSources(const Options& options, std::shared_ptr<kubernetes::ApiClient> client,
                std::function<void()> on_change);
  ~TargetSources();

  // Starts those that are needed, and ends the others. On a strand, as everything here.
  void update(const std::vector<ScrapeJob>& jobs);
  // The targets of a job as they are known now; nullopt until all of its sources have been read.
  std::optional<std::vector<Target>> targets_of(const ScrapeJob& job) const;
  // Asks all to stop, and waits.
  Task<> close();

 private:
  struct Source;

  void start(const SourceKey& key, const ScrapeJob& job);
  Task<> watch(Source* source, SourceKey key);
  Task<> poll(Source* source, HttpTargets targets);
  Task<Result<std::vector<discovery::TargetGroup>>> ask(Source* source, const HttpTargets* targets);
  void drop_ended();

  const Options& options_;
  const std::shared_ptr<kubernetes::ApiClient> client_;
  const std::function<void()> on_change_;
  TaskGroup tasks_;
  std::map<SourceKey, std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Source>> ending_;
};

}  // namespace alloy::prometheus::operators
