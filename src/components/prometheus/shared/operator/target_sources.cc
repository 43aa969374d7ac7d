#include "components/prometheus/shared/operator/target_sources.h"

#include "base/text.h"
#include "components/shared/kubernetes/target_watch.h"
#include "components/shared/target_group_text.h"
#include "services/identity.h"

namespace alloy::prometheus::operators {

struct TargetSources::Source {
  HttpTargets listed;  // Where it is a list.
  std::unique_ptr<net::HttpClient> http;
  StopSource stop;
  bool has_ended = false;
  bool is_known = false;
  discovery::TargetGroups groups;
};

std::vector<SourceKey> sources_of(const ScrapeJob& job) {
  std::vector<SourceKey> keys;
  if (job.kubernetes) {
    SourceKey key{.role = job.kubernetes->role,
                  .name_space = {},
                  .attaches_nodes = job.kubernetes->attaches_nodes,
                  .listed_by = {}};
    if (job.kubernetes->namespaces.empty()) keys.push_back(key);
    for (const std::string& name : job.kubernetes->namespaces) {
      key.name_space = name;
      keys.push_back(key);
    }
  }
  if (job.listed)
    keys.push_back({.role = {}, .name_space = {}, .attaches_nodes = false, .listed_by = job.name});
  return keys;
}

TargetSources::TargetSources(const Options& options, std::shared_ptr<kubernetes::ApiClient> client,
                             std::function<void()> on_change)
    : options_(options),
      client_(std::move(client)),
      on_change_(std::move(on_change)),
      tasks_(options.strand, TaskGroup::Strands::shared) {}

TargetSources::~TargetSources() = default;

void TargetSources::update(const std::vector<ScrapeJob>& jobs) {
  drop_ended();
  std::map<SourceKey, const ScrapeJob*> wanted;
  for (const ScrapeJob& job : jobs)
    for (SourceKey& key : sources_of(job)) wanted.emplace(std::move(key), &job);
  for (auto& [key, source] : sources_) {
    const auto found = wanted.find(key);
    const bool is_same =
        found != wanted.end() && (key.listed_by.empty() || found->second->listed == source->listed);
    if (is_same) continue;
    source->stop.request_stop();
    ending_.push_back(std::move(source));
  }
  std::erase_if(sources_, [](const auto& entry) { return entry.second == nullptr; });
  for (const auto& [key, job] : wanted)
    if (!sources_.contains(key)) start(key, *job);
}

void TargetSources::drop_ended() {
  std::erase_if(ending_, [](const auto& source) { return source->has_ended; });
}

void TargetSources::start(const SourceKey& key, const ScrapeJob& job) {
  auto& source = sources_[key];
  source = std::make_unique<Source>();
  if (key.listed_by.empty()) {
    tasks_.spawn(watch(source.get(), key));
  } else {
    source->listed = *job.listed;
    tasks_.spawn(poll(source.get(), *job.listed));
  }
}

std::optional<std::vector<Target>> TargetSources::targets_of(const ScrapeJob& job) const {
  std::vector<Target> targets;
  for (const StaticTargets& group : job.statics) {
    for (const std::string& address : group.addresses) {
      std::vector<Label> labels = {{"__address__", address}};
      for (const auto& [name, value] : group.labels)
        if (name != "__address__") labels.push_back({name, value});
      targets.emplace_back(std::move(labels));
    }
  }
  for (const SourceKey& key : sources_of(job)) {
    const auto found = sources_.find(key);
    if (found == sources_.end() || !found->second->is_known) return std::nullopt;
    std::ranges::move(found->second->groups.list(), std::back_inserter(targets));
  }
  return targets;
}

Task<> TargetSources::watch(Source* source, SourceKey key) {
  const discovery::kubernetes::Role* role = discovery::kubernetes::find_role(key.role);
  ASSERT(role != nullptr);
  discovery::kubernetes::TargetWatch watch(
      {.executor = options_.executor.any(),
       .client = client_->http(),
       .url = client_->url(),
       .role = *role,
       .namespaces = {key.name_space},
       .attachments = {.node = key.attaches_nodes, .name_space = false},
       .selectors_of = nullptr,
       .clock = options_.clock,
       .on_groups =
           [this, source](std::vector<discovery::TargetGroup> groups) {
             const bool was_known = std::exchange(source->is_known, true);
             if (source->groups.update(std::move(groups)) || !was_known) on_change_();
           },
       .on_changes = nullptr,
       .on_failure =
           [this](const kubernetes::ObjectType& type, const Error& error) {
             options_.logger.warn("failed to list or watch objects",
                                  {{"resource", type.plural}, {"err", error}});
           }});
  co_await watch.run(source->stop.get_token());
  source->has_ended = true;
}

Task<> TargetSources::poll(Source* source, HttpTargets targets) {
  const StopToken stop = source->stop.get_token();
  while (!stop.stop_requested()) {
    auto groups = co_await ask(source, &targets);
    if (stop.stop_requested()) break;
    if (groups) {
      const bool was_known = std::exchange(source->is_known, true);
      if (source->groups.replace(*std::move(groups)) || !was_known) on_change_();
    } else {
      options_.logger.error("Unable to refresh target groups", {{"err", groups.error()}});
    }
    co_await options_.clock.sleep(targets.refresh_interval, stop);
  }
  source->has_ended = true;
}

Task<Result<std::vector<discovery::TargetGroup>>> TargetSources::ask(Source* source,
                                                                     const HttpTargets* targets) {
  if (source->http == nullptr) {
    HttpClientArguments arguments = targets->http;
    CO_TRY(arguments.validate());
    const auto* identity = options_.services.find<Identity>();
    CO_TRY(source->http,
           net::HttpClient::create(
               options_.executor.any(),
               arguments.options(identity != nullptr ? identity->user_agent : "Alloy")));
  }
  net::Request request{.url = targets->url, .timeout = targets->refresh_interval};
  request.headers.add("Accept", "application/json");
  request.headers.add(
      "X-Prometheus-Refresh-Interval-Seconds",
      format_double(std::chrono::duration<double>(targets->refresh_interval).count()));
  CO_TRY(const auto response,
         co_await source->http->fetch(std::move(request), source->stop.get_token()));
  if (response.status != 200)
    co_return fail(fmt::format("server returned HTTP status {}", response.status_line));
  co_return discovery::read_json_groups(response.body,
                                        {.label = "__meta_url", .value = targets->url});
}

Task<> TargetSources::close() {
  for (auto& [key, source] : sources_) source->stop.request_stop();
  for (auto& source : ending_) source->stop.request_stop();
  co_await tasks_.join();
}

}  // namespace alloy::prometheus::operators
