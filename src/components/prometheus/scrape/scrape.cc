// prometheus.scrape reads the metrics of targets over HTTP and passes them on.
#include <atomic>

#include "component/component.h"
#include "components/prometheus/scrape/arguments.h"
#include "components/prometheus/scrape/loop_settings.h"
#include "components/prometheus/scrape/target_info.h"
#include "components/prometheus/scrape/target_set.h"
#include "components/prometheus/shared/live_metrics.h"
#include "components/shared/share_of_targets.h"
#include "components/shared/shared_http_clients.h"
#include "services/cluster.h"

namespace alloy::prometheus::scrape {
namespace {

struct DebugInfo {
  std::vector<TargetInfo> targets;

  static constexpr auto schema() {
    return fields(blocks<&DebugInfo::targets>("target", "A target that is scraped."));
  }
};

class Scrape final : public ComponentWith<Arguments> {
 public:
  explicit Scrape(Options options);
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  Result<std::shared_ptr<const LoopSettings>> make_settings(const Arguments& arguments,
                                                            const std::string& job);
  Result<std::shared_ptr<net::HttpClient>> make_client(const HttpClientArguments& arguments);
  TargetDefaults make_defaults(const Arguments& arguments, const std::string& job) const;
  Cluster* cluster() const;
  void distribute();
  Duration report_shed();

  MetricsFanout fanout_;
  ScrapeMetrics metrics_;
  const int64_t started_ms_;
  TargetSet targets_;
  // What of the last update distributing its targets again needs.
  TargetList all_targets_;
  uint64_t target_limit_ = 0;
  bool is_clustered_ = false;
  TargetDefaults defaults_;
  std::shared_ptr<const LoopSettings> settings_;
  TargetList own_targets_;  // With clustering: those that were ours.
  std::atomic<bool> cluster_has_changed_ = false;
  std::string complaint_;  // That the health has, about scrapes that are left out.
  std::shared_ptr<const HttpClientArguments> client_arguments_;  // Of the client.
  std::shared_ptr<net::HttpClient> client_;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Scrape::Scrape(Options options)
    : ComponentWith(std::move(options)),
      fanout_(this->options().metrics),
      metrics_(this->options().metrics),
      started_ms_(to_unix_milliseconds(clock().wall())),
      targets_(store_of(this->options()), fanout_, metrics_, this->options()) {
  fanout_.set_observer([live = LiveMetrics(this->options(), store_of(this->options()))](
                           const MetricBatch& batch) { live.show(batch); });
}

Result<std::shared_ptr<net::HttpClient>> Scrape::make_client(const HttpClientArguments& arguments) {
  if (client_ && *client_arguments_ == arguments) return client_;
  const auto make = [&] { return make_scrape_client(arguments, options()); };
  if (auto* shared = options().services.find<SharedHttpClients>()) {
    TRY(client_, shared->get(arguments, make));
  } else {
    TRY(client_, make());
  }
  // Most components have the defaults, and share them.
  static const auto defaults = std::make_shared<const HttpClientArguments>();
  client_arguments_ =
      arguments == *defaults ? defaults : std::make_shared<const HttpClientArguments>(arguments);
  return client_;
}

Result<std::shared_ptr<const LoopSettings>> Scrape::make_settings(const Arguments& arguments,
                                                                  const std::string& job) {
  TRY(auto client, make_client(arguments.http));
  return make_loop_settings(arguments, job, std::move(client), started_ms_);
}

TargetDefaults Scrape::make_defaults(const Arguments& arguments, const std::string& job) const {
  return {.job = job,
          .interval = arguments.scrape_interval,
          .timeout = arguments.scrape_timeout,
          .metrics_path = arguments.metrics_path,
          .scheme = arguments.scheme,
          .params = arguments.params};
}

Result<> Scrape::update(Arguments arguments) {
  TRY(arguments.check_stability(options().stability_min));
  const std::string job = arguments.job_name.empty() ? options().global_id() : arguments.job_name;
  TRY(auto settings, make_settings(arguments, job));
  metrics_.set_job(job);
  fanout_.set_receivers(arguments.forward_to);
  defaults_ = make_defaults(arguments, job);
  all_targets_ = std::move(arguments.targets);
  target_limit_ = arguments.target_limit;
  is_clustered_ = arguments.clustering.enabled;
  settings_ = std::move(settings);
  distribute();
  return {};
}

// The cluster, if the targets are to be shared with it.
Cluster* Scrape::cluster() const {
  return is_clustered_ ? options().services.find<Cluster>() : nullptr;
}

void Scrape::distribute() {
  if (cluster() == nullptr) {
    own_targets_ = TargetList();
    targets_.update(all_targets_, {}, defaults_, settings_, target_limit_, {});
    return;
  }
  const ShareOfTargets share = share_of_targets_with_terms(all_targets_, *cluster()->view());
  std::vector<Target> moved;
  for (const Target& target : own_targets_)
    if (share.others.contains(cluster_key(target))) moved.push_back(target);
  metrics_.count_moved(moved.size());
  own_targets_ = targets_at(all_targets_, share.own);
  targets_.update(own_targets_, share.terms, defaults_, settings_, target_limit_,
                  TargetList(std::move(moved)));
}

Task<> Scrape::run(StopToken stop) {
  Cluster::Subscription subscription;
  if (auto* service = options().services.find<Cluster>()) {
    subscription = service->subscribe([this] {
      cluster_has_changed_ = true;
      targets_.changed().notify();
    });
  }
  targets_.start();
  Duration look_again = Duration::max();
  while (co_await targets_.changed().wait(stop, look_again) != Wake::stopped) {
    targets_.reap();
    look_again = report_shed();
    if (cluster_has_changed_.exchange(false) && cluster() != nullptr) distribute();
  }
  co_await targets_.finish();
}

// Says in the health whether scrapes are left out; returns when to look again.
Duration Scrape::report_shed() {
  const std::string complaint = targets_.shed().complaint();
  if (complaint != complaint_) {
    if (complaint.empty()) report_healthy("all targets are scraped again");
    if (!complaint.empty()) report_unhealthy(complaint);
    complaint_ = complaint;
  }
  return complaint.empty() ? Duration::max() : ShedScrapes::look_again;
}

std::optional<Described> Scrape::debug_info() const {
  DebugInfo info;
  for (const TargetStatus& status : targets_.statuses())
    info.targets.push_back(make_target_info(status, std::string(status.labels.get("job"))));
  return described(std::move(info));
}

}  // namespace
}  // namespace alloy::prometheus::scrape

namespace alloy {

extern const ComponentType prometheus_scrape;
const ComponentType prometheus_scrape = {
    .name = "prometheus.scrape",
    .doc = "Reads the metrics of targets over HTTP and passes them on.",
    .supports_live_debugging = true,
    .arguments = &schema_of<prometheus::scrape::Arguments>,
    .create = create<prometheus::scrape::Scrape>,
};

}  // namespace alloy
