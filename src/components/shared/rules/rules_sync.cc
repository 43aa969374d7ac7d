#include "components/shared/rules/rules_sync.h"

#include <algorithm>
#include <random>

#include "base/text.h"
#include "net/url.h"
#include "services/identity.h"

namespace alloy::rules {
namespace {

constexpr Duration request_timeout = 30s;
constexpr Duration retry_min = 1s;
constexpr Duration retry_max = 10s;
constexpr size_t message_bytes_max = 512;

std::string first_line(std::string_view body) {
  body = body.substr(0, message_bytes_max);
  return std::string(trim(body.substr(0, body.find('\n')), "\r"));
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_uid(std::string_view text) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != shape.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '-' ? text[i] != '-' : !is_hex(text[i])) return false;
  return true;
}

}  // namespace

bool is_managed_namespace(std::string_view prefix, std::string_view name) {
  constexpr size_t uid_size = 36;
  return name.starts_with(prefix) && name.size() > prefix.size() + uid_size &&
         is_uid(name.substr(name.size() - uid_size));
}

Result<> check_match_type(std::string_view type) {
  for (const std::string_view known : {"=", "!=", "=~", "!~"})
    if (type == known) return {};
  return fail(fmt::format("invalid match type: {}", quote(type)));
}

RulesSync::RulesSync(const Options& options, std::string metrics_prefix)
    : options_(options), metrics_prefix_(std::move(metrics_prefix)) {}

void RulesSync::count(std::string_view what, std::string_view help, std::string_view type) {
  options_.metrics
      .counter(fmt::format("{}_{}_total", metrics_prefix_, what), std::string(help),
               {{"type", std::string(type)}})
      .add();
}

Result<> RulesSync::update(SyncSettings settings) {
  auto setup = std::make_shared<Setup>();
  TRY(setup->cluster, kubernetes::ApiClient::create_from_environment(options_));
  TRY(setup->resource_selector, kubernetes::LabelSelector::create(settings.ruler.rule_selector));
  TRY(setup->namespace_selector,
      kubernetes::LabelSelector::create(settings.ruler.rule_namespace_selector));
  TRY(net::parse_url(settings.ruler.address));
  const auto* identity = options_.services.find<Identity>();
  TRY(setup->ruler,
      net::HttpClient::create(
          options_.executor.any(),
          settings.ruler.http.options(identity != nullptr ? identity->user_agent : "Alloy")));
  while (settings.ruler.address.ends_with('/')) settings.ruler.address.pop_back();
  setup->settings = std::move(settings);
  if (setup_ != nullptr)
    options_.metrics
        .counter(metrics_prefix_ + "_config_updates_total",
                 "Total number of times the configuration has been updated.")
        .add();
  setup_ = std::move(setup);
  changed_.notify();
  return {};
}

void RulesSync::set_leading(bool is_leading) {
  options_.logger.info("checked leadership of component", {{"is_leader", is_leading}});
  if (std::exchange(is_leading_, is_leading) != is_leading) changed_.notify();
}

Task<> RulesSync::run(StopToken stop) {
  while (co_await changed_.wait(stop) == Wake::notified) {
    if (!is_leading_) {
      options_.logger.info("skipping startup because we are not the leader");
      options_.host.set_health(HealthState::healthy, "");
      const std::lock_guard lock(mutex_);
      resources_.clear();
      current_.clear();
      continue;
    }
    StopSource other;
    const std::stop_callback pass_on(stop, [&other] { other.request_stop(); });
    TaskGroup tasks(options_.strand, TaskGroup::Strands::shared);
    tasks.spawn(work(setup_, other.get_token()));
    if (co_await changed_.wait(stop) == Wake::notified) changed_.notify();
    other.request_stop();
    co_await tasks.join();
  }
}

// Reconciles whenever something has changed, lists the ruler's rules anew at intervals, and tries
// again what has failed.
Task<> RulesSync::work(std::shared_ptr<const Setup> setup, StopToken stop) {
  kubernetes::ObjectWatch cluster(setup->cluster,
                                  {{&kubernetes::namespace_type,
                                    "",
                                    {.label = setup->namespace_selector.text(), .field = {}},
                                    [setup](const kubernetes::ClusterObject& object) {
                                      return setup->namespace_selector.matches(object.meta.labels);
                                    }},
                                   {&rule_resource_type,
                                    "",
                                    {.label = setup->resource_selector.text(), .field = {}},
                                    [setup](const kubernetes::ClusterObject& object) {
                                      return setup->resource_selector.matches(object.meta.labels);
                                    }}},
                                  options_.clock, options_.logger);
  TaskGroup tasks(options_.strand, TaskGroup::Strands::shared);
  tasks.spawn(cluster.run(stop));
  const Duration interval = setup->settings.interval;
  SteadyTime next_list = options_.clock.steady();
  Duration retry = retry_min;
  Duration pause = interval;
  while (co_await cluster.next(stop, pause)) {
    pause = interval;
    if (!cluster.is_complete()) {
      if (const std::string failure = cluster.take_failure(); !failure.empty())
        options_.host.set_health(HealthState::unhealthy, cluster.missing());
      continue;
    }
    const bool lists = options_.clock.steady() >= next_list;
    const std::string_view type = lists ? "sync-mimir" : "resource-changed";
    count("events", "Total number of events processed, partitioned by event type.", type);
    const auto result = co_await reconcile(setup, &cluster, lists, stop);
    if (stop.stop_requested()) break;
    if (result) {
      if (lists) next_list = options_.clock.steady() + interval;
      retry = retry_min;
      options_.host.set_health(HealthState::healthy, "");
      continue;
    }
    count("events_failed",
          "Total number of events that failed to be processed, even after retries, partitioned by "
          "event type.",
          type);
    options_.logger.error("failed to process event, will retry", {{"err", result.error()}});
    options_.host.set_health(HealthState::unhealthy, result.error().message());
    next_list = options_.clock.steady();
    pause = std::min(retry, interval);
    retry = std::min(retry * 2, retry_max);
  }
  co_await tasks.join();
}

Task<Result<>> RulesSync::reconcile(std::shared_ptr<const Setup> setup,
                                    const kubernetes::ObjectWatch* cluster, bool lists,
                                    StopToken stop) {
  if (lists) CO_TRY(co_await list(setup, stop));
  const RuleGroups wanted = wanted_groups(*setup, *cluster);
  RuleGroups before = current_;
  for (const auto& [name, groups] : wanted) before.try_emplace(name);
  Result<> result;
  bool has_changed = false;
  for (const auto& [name, groups] : before) {
    const auto found = wanted.find(name);
    auto ours = found == wanted.end() ? std::vector<RuleGroup>() : found->second;
    if (ours == groups) continue;
    has_changed = true;
    const auto applied = co_await apply(setup, name, std::move(ours), stop);
    if (!applied && result) result = applied;
  }
  // What the ruler has made of it counts.
  if (has_changed && result) CO_TRY(co_await list(setup, stop));
  co_return result;
}

Task<Result<>> RulesSync::apply(std::shared_ptr<const Setup> setup, std::string name_space,
                                std::vector<RuleGroup> wanted, StopToken stop) {
  const std::string path = setup->settings.path + "/" + net::escape_path_segment(name_space);
  const auto known = current_.find(name_space);
  const std::vector<RuleGroup> before =
      known == current_.end() ? std::vector<RuleGroup>() : known->second;
  for (const RuleGroup& group : wanted) {
    const auto same = std::ranges::find(before, group.name, &RuleGroup::name);
    if (same != before.end() && *same == group) continue;
    CO_TRY(co_await ask(setup, "POST", path, group.to_yaml(), stop));
    options_.logger.info(same == before.end() ? "added rule group" : "updated rule group",
                         {{"namespace", name_space}, {"group", group.name}});
  }
  for (const RuleGroup& group : before) {
    if (std::ranges::find(wanted, group.name, &RuleGroup::name) != wanted.end()) continue;
    CO_TRY(
        co_await ask(setup, "DELETE", path + "/" + net::escape_path_segment(group.name), {}, stop));
    options_.logger.info("removed rule group", {{"namespace", name_space}, {"group", group.name}});
  }
  co_return Result<>();
}

Task<Result<>> RulesSync::list(std::shared_ptr<const Setup> setup, StopToken stop) {
  CO_TRY(const auto body, co_await ask(setup, "GET", setup->settings.path, {}, std::move(stop)));
  CO_TRY(auto groups, parse_rule_groups(body));
  std::erase_if(groups, [&](const auto& entry) {
    return !is_managed_namespace(setup->settings.prefix, entry.first);
  });
  const std::lock_guard lock(mutex_);
  current_ = std::move(groups);
  co_return Result<>();
}

Task<Result<std::string>> RulesSync::ask(std::shared_ptr<const Setup> setup, std::string method,
                                         std::string path, std::string body, StopToken stop) {
  const SyncSettings& settings = setup->settings;
  net::Request request{.method = method,
                       .url = settings.ruler.address + path,
                       .body = body,
                       .timeout = request_timeout};
  if (!settings.ruler.tenant_id.empty())
    request.headers.add("X-Scope-OrgID", settings.ruler.tenant_id);
  CO_TRY(auto response, co_await setup->ruler->fetch(std::move(request), std::move(stop)));
  if (response.is_success()) co_return std::move(response.body);
  constexpr int not_found = 404;
  constexpr int too_many = 429;
  if (response.status == not_found && settings.missing_is_empty) co_return std::string();
  const bool is_final = response.status / 100 == 4 && response.status != too_many;
  const std::string line = first_line(response.body);
  co_return fail(
      fmt::format("error {} {}: {}server returned HTTP status {}{}{}", method, path,
                  is_final && !settings.missing_is_empty ? "unrecoverable error response: " : "",
                  response.status_line, line.empty() ? "" : ": ", line));
}

RuleGroups RulesSync::wanted_groups(const Setup& setup, const kubernetes::ObjectWatch& cluster) {
  RuleGroups wanted;
  std::vector<RuleResourceInfo> infos;
  for (const auto& [key, object] : cluster.objects(rule_resource_type)) {
    const auto& resource = static_cast<const RuleResource&>(*object);
    const auto& meta = resource.meta;
    if (cluster.find<kubernetes::Namespace>(kubernetes::namespace_type, meta.name_space) == nullptr)
      continue;
    infos.push_back({.name_space = meta.name_space,
                     .name = meta.name,
                     .uid = meta.uid,
                     .num_rule_groups = static_cast<int64_t>(resource.groups.size())});
    const std::string& between = setup.settings.separator;
    const std::string name = setup.settings.prefix + between + meta.name_space + between +
                             meta.name + between + meta.uid;
    auto groups = resource.groups;
    for (RuleGroup& group : groups)
      for (Rule& rule : group.rules)
        for (const auto& [label, value] : setup.settings.ruler.external_labels)
          rule.labels[label] = value;
    Result<> adapted = setup.settings.adapt(resource, groups);
    if (!resource.problem.empty()) adapted = fail(resource.problem);
    if (adapted) {
      wanted.emplace(name, std::move(groups));
      continue;
    }
    options_.logger.error("failed to convert rule group", {{"key", key}, {"err", adapted.error()}});
    // What the ruler has of it stays.
    if (const auto before = current_.find(name); before != current_.end()) wanted.insert(*before);
  }
  const std::lock_guard lock(mutex_);
  resources_ = std::move(infos);
  return wanted;
}

std::vector<RuleResourceInfo> RulesSync::resources() const {
  const std::lock_guard lock(mutex_);
  return resources_;
}

std::vector<RulerNamespaceInfo> RulesSync::namespaces() const {
  std::vector<RulerNamespaceInfo> infos;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, groups] : current_)
    infos.push_back({.name = name, .num_rule_groups = static_cast<int64_t>(groups.size())});
  return infos;
}

}  // namespace alloy::rules
