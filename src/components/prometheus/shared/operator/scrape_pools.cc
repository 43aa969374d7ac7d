#include "components/prometheus/shared/operator/scrape_pools.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "components/prometheus/scrape/loop_settings.h"
#include "components/prometheus/shared/live_metrics.h"

namespace alloy::prometheus::operators {
namespace {

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

RelabelRulesPointer compile(const std::vector<JobRule>& rules) {
  if (rules.empty()) return nullptr;
  std::vector<RelabelRule> plain;
  for (const JobRule& rule : rules) plain.push_back(rule.rule);
  return std::make_shared<const RelabelRules>(std::move(plain));
}

scrape::Arguments as_arguments(const ScrapeJob& job, const ScrapeArguments& arguments) {
  scrape::Arguments scraping;
  scraping.honor_labels = job.honor_labels;
  scraping.honor_timestamps = job.honor_timestamps;
  scraping.scrape_protocols = job.protocols;
  scraping.scrape_native_histograms = job.histograms.scrapes_native;
  scraping.scrape_classic_histograms = job.histograms.scrapes_classic;
  scraping.convert_classic_histograms_to_nhcb = job.histograms.converts_classic;
  scraping.native_histogram_bucket_limit = job.histograms.bucket_limit;
  scraping.native_histogram_min_bucket_factor = job.histograms.min_bucket_factor;
  scraping.metric_name_escaping_scheme = "underscores";
  scraping.enable_compression = job.enable_compression;
  scraping.body_size_limit = {job.limits.body_bytes};
  scraping.sample_limit = job.limits.samples;
  scraping.label_limit = job.limits.labels;
  scraping.label_name_length_limit = job.limits.label_name_length;
  scraping.label_value_length_limit = job.limits.label_value_length;
  scraping.honor_metadata = arguments.honor_metadata;
  scraping.enable_type_and_unit_labels = arguments.enable_type_and_unit_labels;
  scraping.start_timestamp_zero_ingestion = arguments.start_timestamp_zero_ingestion;
  return scraping;
}

}  // namespace

struct ScrapePools::Pool {
  explicit Pool(std::unique_ptr<scrape::TargetSet> set) : targets(std::move(set)) {}

  std::unique_ptr<scrape::TargetSet> targets;
  std::optional<ScrapeJob> job;  // As it was configured, with these arguments.
  ScrapeArguments arguments;
  scrape::TargetDefaults defaults;
  std::shared_ptr<const scrape::LoopSettings> settings;
  uint64_t target_limit = 0;
  std::vector<Target> own;  // With clustering: those that were ours.
  size_t count = 0;
  StopSource stop;
  bool has_ended = false;
};

uint64_t operator_cluster_key(const Target& target) {
  return cluster::string_key(fmt::format("{{__address__={}}}", quote(target.get("__address__"))));
}

ScrapePools::ScrapePools(const Options& options)
    : options_(options),
      store_(store_of(options)),
      fanout_(options.metrics),
      metrics_(options.metrics),
      started_ms_(to_unix_milliseconds(options.clock.wall())),
      tasks_(options.strand, TaskGroup::Strands::shared) {
  metrics_.set_job(options.global_id());
  fanout_.set_observer(
      [live = LiveMetrics(options, store_)](const MetricBatch& batch) { live.show(batch); });
}

ScrapePools::~ScrapePools() = default;

void ScrapePools::set_receivers(std::vector<MetricsReceiverPointer> receivers) {
  fanout_.set_receivers(std::move(receivers));
}

Result<std::shared_ptr<net::HttpClient>> ScrapePools::client_for(
    const HttpClientArguments& arguments) {
  std::erase_if(clients_, [](const CachedClient& cached) { return cached.client.expired(); });
  for (const CachedClient& cached : clients_)
    if (cached.arguments == arguments)
      if (auto client = cached.client.lock()) return client;
  HttpClientArguments complete = arguments;
  TRY(complete.validate());
  TRY(auto client, scrape::make_scrape_client(complete, options_));
  clients_.push_back({arguments, client});
  return client;
}

Result<> ScrapePools::configure(Pool& pool, const ScrapeJob& job,
                                const ScrapeArguments& arguments) {
  if (pool.job == job && pool.arguments == arguments) return {};
  TRY(auto client, client_for(job.http));
  TRY(auto settings, scrape::make_loop_settings(as_arguments(job, arguments), job.name,
                                                std::move(client), started_ms_));
  settings->ingest.relabel_rules = compile(job.metric_rules);
  pool.settings = std::move(settings);
  pool.target_limit = job.limits.targets;
  pool.defaults = {.job = job.name,
                   .interval = job.interval,
                   .timeout = job.timeout,
                   .metrics_path = job.metrics_path,
                   .scheme = job.scheme,
                   .params = job.params,
                   .relabel_rules = compile(job.rules)};
  pool.job = job;
  pool.arguments = arguments;
  return {};
}

void ScrapePools::update(const std::vector<ScrapeJob>& jobs, const ScrapeArguments& arguments) {
  std::set<std::string_view> names;
  for (const ScrapeJob& job : jobs) names.insert(job.name);
  const std::lock_guard lock(mutex_);
  for (auto& [name, pool] : pools_) {
    if (names.contains(name)) continue;
    // Its series get their markers when they are due.
    pool->targets->update(TargetList(), {}, pool->defaults, pool->settings, 0, {});
    ending_.push_back(std::move(pool));
  }
  std::erase_if(pools_, [](const auto& entry) { return entry.second == nullptr; });
  for (const ScrapeJob& job : jobs) {
    auto& pool = pools_[job.name];
    if (pool == nullptr) {
      pool = std::make_unique<Pool>(
          std::make_unique<scrape::TargetSet>(store_, fanout_, metrics_, options_));
      tasks_.spawn(run(pool.get()));
    }
    const auto configured = configure(*pool, job, arguments);
    if (configured) continue;
    options_.logger.error("error applying scrape configs",
                          {{"name", job.name}, {"err", configured.error()}});
    if (pool->settings != nullptr) continue;
    pool->stop.request_stop();
    ending_.push_back(std::move(pool));
    pools_.erase(job.name);
  }
}

Task<> ScrapePools::run(Pool* pool) {
  co_await pool->targets->run(pool->stop.get_token());
  pool->has_ended = true;
}

void ScrapePools::set_targets(const std::string& job, const std::vector<Target>& targets,
                              const ClusterView* view) {
  const auto found = pools_.find(job);
  if (found == pools_.end()) return;
  Pool& pool = *found->second;
  std::vector<Target> own;
  std::vector<ClusterTerm> terms;
  std::set<uint64_t> others;
  for (const Target& target : targets) {
    if (view == nullptr) break;
    const uint64_t key = operator_cluster_key(target);
    if (const auto term = view->term(key)) {
      own.push_back(target);
      terms.push_back(*term);
    } else {
      others.insert(key);
    }
  }
  if (view == nullptr) own = targets;
  std::vector<Target> moved;
  for (const Target& target : pool.own)
    if (others.contains(operator_cluster_key(target))) moved.push_back(target);
  metrics_.count_moved(moved.size());
  pool.own = view == nullptr ? std::vector<Target>() : own;
  pool.count = own.size();
  pool.targets->update(TargetList(std::move(own)), terms, pool.defaults, pool.settings,
                       pool.target_limit, TargetList(std::move(moved)));
  count_targets();
}

void ScrapePools::count_targets() {
  size_t count = 0;
  for (const auto& [name, pool] : pools_) count += pool->count;
  metrics_.set_targets(count, 0);
}

void ScrapePools::drop_ended() {
  for (auto& pool : ending_)
    if (pool->targets->is_idle()) pool->stop.request_stop();
  std::erase_if(ending_, [](const auto& pool) { return pool->has_ended; });
}

Task<> ScrapePools::close() {
  for (auto& [name, pool] : pools_) pool->stop.request_stop();
  for (auto& pool : ending_) pool->stop.request_stop();
  co_await tasks_.join();
  const std::lock_guard lock(mutex_);
  pools_.clear();
  ending_.clear();
}

std::vector<scrape::TargetInfo> ScrapePools::infos() const {
  std::vector<scrape::TargetInfo> infos;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, pool] : pools_)
    for (const scrape::TargetStatus& status : pool->targets->statuses())
      infos.push_back(scrape::make_target_info(status, name));
  return infos;
}

}  // namespace alloy::prometheus::operators
