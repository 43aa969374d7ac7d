// The jobs that are scraped, each with its targets.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "component/component.h"
#include "components/prometheus/scrape/target_info.h"
#include "components/prometheus/scrape/target_set.h"
#include "components/prometheus/shared/operator/arguments.h"
#include "components/prometheus/shared/operator/scrape_job.h"
#include "services/cluster.h"

namespace alloy::prometheus::operators {

class ScrapePools {
 public:
  explicit ScrapePools(const Options& options);
  ~ScrapePools();

  void set_receivers(std::vector<MetricsReceiverPointer> receivers);
  // Which jobs there are. On the component's strand, as everything here but infos().
  void update(const std::vector<ScrapeJob>& jobs, const ScrapeArguments& arguments);
  // The targets of one job. With a view of the cluster only this node's share.
  void set_targets(const std::string& job, const std::vector<Target>& targets,
                   const ClusterView* view);
  // Lets go of those that have come to their end.
  void drop_ended();
  // Stops everything, and waits.
  Task<> close();

  // From any thread.
  std::vector<scrape::TargetInfo> infos() const;

 private:
  struct Pool;
  // Clients by how they are made: most jobs have the usual one.
  struct CachedClient {
    HttpClientArguments arguments;
    std::weak_ptr<net::HttpClient> client;
  };

  Result<std::shared_ptr<net::HttpClient>> client_for(const HttpClientArguments& arguments);
  Result<> configure(Pool& pool, const ScrapeJob& job, const ScrapeArguments& arguments);
  void count_targets();
  Task<> run(Pool* pool);

  const Options& options_;
  SeriesStore& store_;
  MetricsFanout fanout_;
  scrape::ScrapeMetrics metrics_;
  const int64_t started_ms_;
  TaskGroup tasks_;
  std::vector<CachedClient> clients_;
  std::vector<std::unique_ptr<Pool>> ending_;

  mutable std::mutex mutex_;  // Guards the pools' list, which infos() reads.
  std::map<std::string, std::unique_ptr<Pool>> pools_;
};

// The key that a cluster shares a target by: of its own labels, which is its address alone.
uint64_t operator_cluster_key(const Target& target);

}  // namespace alloy::prometheus::operators
