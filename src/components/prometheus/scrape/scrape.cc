// prometheus.scrape reads the metrics of targets over HTTP and passes them on.
#include "base/time_text.h"
#include "component/component.h"
#include "components/prometheus/scrape/arguments.h"
#include "components/prometheus/scrape/protocols.h"
#include "components/prometheus/scrape/target_set.h"
#include "components/prometheus/shared/live_metrics.h"
#include "components/shared/share_of_targets.h"
#include "services/cluster.h"
#include "services/component_http.h"
#include "services/identity.h"

namespace alloy::prometheus::scrape {
namespace {

struct TargetInfo {
  std::string job;
  std::string url;
  std::string health;
  std::map<std::string, std::string> labels;
  std::string last_error;
  std::string last_scrape;
  std::string last_scrape_duration;

  static constexpr auto schema() {
    using T = TargetInfo;
    return fields(
        required<&T::job>("job", "The job of the target."),
        required<&T::url>("url", "Where it is scraped."),
        required<&T::health>("health", "up, down or unknown."),
        required<&T::labels>("labels", "The labels of its series."),
        optional<&T::last_error>("last_error", "Why the last scrape failed."),
        required<&T::last_scrape>("last_scrape", "When it was last scraped."),
        optional<&T::last_scrape_duration>("last_scrape_duration", "How long that took."));
  }
};

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
  Task<> follow_cluster(StopToken stop);

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
  std::vector<Target> own_targets_;  // With clustering: those that were ours.
  Event cluster_changed_;
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
      targets_(store_of(this->options()), fanout_, metrics_, clock(), logger(),
               this->options().executor.any()) {
  fanout_.set_observer([live = LiveMetrics(this->options(), store_of(this->options()))](
                           const MetricBatch& batch) { live.show(batch); });
}

Result<std::shared_ptr<net::HttpClient>> Scrape::make_client(const HttpClientArguments& arguments) {
  if (client_ && *client_arguments_ == arguments) return client_;
  const auto* identity = options().services.find<Identity>();
  auto client_options = arguments.options(identity ? identity->user_agent : "Alloy");
  if (auto* http = options().services.find<ComponentHttp>()) {
    client_options.in_memory.emplace(http->memory_address(), [http](net::ServerRequest request) {
      return http->call(std::move(request));
    });
  }
  TRY(auto client, net::HttpClient::create(options().executor.any(), std::move(client_options)));
  // Most components have the defaults, and share them.
  static const auto defaults = std::make_shared<const HttpClientArguments>();
  client_arguments_ =
      arguments == *defaults ? defaults : std::make_shared<const HttpClientArguments>(arguments);
  client_ = std::move(client);
  return client_;
}

Result<std::shared_ptr<const LoopSettings>> Scrape::make_settings(const Arguments& arguments,
                                                                  const std::string& job) {
  auto settings = std::make_shared<LoopSettings>();
  TRY(settings->client, make_client(arguments.http));
  if (!arguments.scrape_failure_log_file.empty()) {
    TRY(settings->failure_log, FailureLog::open(arguments.scrape_failure_log_file));
  }
  const bool is_utf8 = arguments.metric_name_validation_scheme == "utf8";
  settings->ingest = {
      .honor_labels = arguments.honor_labels,
      .honor_timestamps = arguments.honor_timestamps,
      .track_timestamps_staleness = arguments.track_timestamps_staleness,
      .honor_metadata = arguments.honor_metadata,
      .type_and_unit_labels = arguments.enable_type_and_unit_labels,
      .convert_classic_histograms = arguments.convert_classic_histograms_to_nhcb,
      .keep_classic_histograms = arguments.scrape_classic_histograms,
      .zero_samples = arguments.start_timestamp_zero_ingestion,
      .oldest_start_ms = started_ms_,
      .names = is_utf8 ? LabelNameRules::utf8 : LabelNameRules::legacy,
      .sample_limit = arguments.sample_limit,
      .label_limit = arguments.label_limit,
      .label_name_length_limit = arguments.label_name_length_limit,
      .label_value_length_limit = arguments.label_value_length_limit,
      .bucket_limit = arguments.native_histogram_bucket_limit,
      .schema_max = finest_schema(arguments.native_histogram_min_bucket_factor),
  };
  settings->job = job;
  settings->accept = accept_header(arguments.protocols(), arguments.metric_name_escaping_scheme);
  if (arguments.scrape_native_histograms) {
    settings->native_histograms = arguments.scrape_classic_histograms
                                      ? wire::NativeHistograms::with_classic
                                      : wire::NativeHistograms::alone;
  }
  settings->fallback_protocol = arguments.scrape_fallback_protocol;
  settings->enable_compression = arguments.enable_compression;
  settings->extra_metrics = arguments.extra_metrics;
  settings->body_size_limit = static_cast<size_t>(arguments.body_size_limit.bytes);
  return settings;
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
    own_targets_.clear();
    targets_.update(all_targets_, {}, defaults_, settings_, target_limit_, {});
    return;
  }
  ShareOfTargets share = share_of_targets_with_terms(all_targets_, *cluster()->view());
  std::vector<Target> moved;
  for (const Target& target : own_targets_)
    if (share.others.contains(cluster_key(target))) moved.push_back(target);
  metrics_.count_moved(moved.size());
  own_targets_ = share.own;
  targets_.update(TargetList(std::move(share.own)), share.terms, defaults_, settings_,
                  target_limit_, TargetList(std::move(moved)));
}

Task<> Scrape::follow_cluster(StopToken stop) {
  while (co_await cluster_changed_.wait(stop) == Wake::notified)
    if (cluster() != nullptr) distribute();
}

Task<> Scrape::run(StopToken stop) {
  Cluster::Subscription subscription;
  if (auto* service = options().services.find<Cluster>())
    subscription = service->subscribe([this] { cluster_changed_.notify(); });
  TaskGroup following(options().strand, TaskGroup::Strands::shared);
  following.spawn(follow_cluster(stop));
  co_await targets_.run(stop);
  co_await following.join();
}

std::optional<Described> Scrape::debug_info() const {
  DebugInfo info;
  for (const TargetStatus& status : targets_.statuses()) {
    TargetInfo target{.url = status.url,
                      .health = status.health,
                      .last_error = status.last_error,
                      .last_scrape = format_rfc3339(status.last_scrape),
                      .last_scrape_duration = format_duration(status.last_duration)};
    for (size_t i = 0; i < status.labels.size(); ++i) {
      const Label label = status.labels[i];
      target.labels.emplace(label.name, label.value);
    }
    target.job = std::string(status.labels.get("job"));
    info.targets.push_back(std::move(target));
  }
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
