#include "components/shared/rules/rules_sync.h"

#include <algorithm>

#include "base/text.h"
#include "net/url.h"

namespace alloy::rules {
namespace {

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
    : options_(options),
      metrics_prefix_(std::move(metrics_prefix)),
      reconciler_(options, metrics_prefix_) {}

Result<> RulesSync::update(SyncSettings settings) {
  auto setup = std::make_shared<Setup>();
  TRY(auto cluster, kubernetes::ApiClient::create_from_environment(options_));
  TRY(auto resources, kubernetes::LabelSelector::create(settings.ruler.rule_selector));
  TRY(auto namespaces, kubernetes::LabelSelector::create(settings.ruler.rule_namespace_selector));
  setup->watched = {.cluster = std::move(cluster),
                    .type = &rule_resource_type,
                    .resources = std::move(resources),
                    .namespaces = std::move(namespaces),
                    .interval = settings.interval};
  TRY(setup->ruler, RulerApi::create(options_, settings.ruler.http,
                                     {.address = settings.ruler.address,
                                      .tenant_id = settings.ruler.tenant_id,
                                      .metric = fmt::format("{}_{}_client_request_duration_seconds",
                                                            metrics_prefix_, settings.client),
                                      .missing_is_empty = settings.missing_is_empty}));
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
    tasks.spawn(reconciler_.run(
        setup_->watched,
        [this, setup = setup_](const kubernetes::ObjectWatch* cluster, Reason reason,
                               StopToken token) {
          return reconcile(setup, cluster, reason == Reason::interval, std::move(token));
        },
        other.get_token()));
    if (co_await changed_.wait(stop) == Wake::notified) changed_.notify();
    other.request_stop();
    co_await tasks.join();
  }
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
  const std::string operation = setup->settings.path + "/<namespace>";
  const auto known = current_.find(name_space);
  const std::vector<RuleGroup> before =
      known == current_.end() ? std::vector<RuleGroup>() : known->second;
  for (const RuleGroup& group : wanted) {
    const auto same = std::ranges::find(before, group.name, &RuleGroup::name);
    if (same != before.end() && *same == group) continue;
    CO_TRY(co_await setup->ruler->ask(
        {.method = "POST", .path = path, .body = group.to_yaml(), .operation = operation}, stop));
    options_.logger.info(same == before.end() ? "added rule group" : "updated rule group",
                         {{"namespace", name_space}, {"group", group.name}});
  }
  for (const RuleGroup& group : before) {
    if (std::ranges::find(wanted, group.name, &RuleGroup::name) != wanted.end()) continue;
    CO_TRY(co_await setup->ruler->ask({.method = "DELETE",
                                       .path = path + "/" + net::escape_path_segment(group.name),
                                       .body = {},
                                       .operation = operation + "/<group_name>"},
                                      stop));
    options_.logger.info("removed rule group", {{"namespace", name_space}, {"group", group.name}});
  }
  co_return Result<>();
}

Task<Result<>> RulesSync::list(std::shared_ptr<const Setup> setup, StopToken stop) {
  const std::string& path = setup->settings.path;
  CO_TRY(const auto body,
         co_await setup->ruler->ask({.method = "GET", .path = path, .body = {}, .operation = path},
                                    std::move(stop)));
  CO_TRY(auto groups, parse_rule_groups(body));
  std::erase_if(groups, [&](const auto& entry) {
    return !is_managed_namespace(setup->settings.prefix, entry.first);
  });
  const std::lock_guard lock(mutex_);
  current_ = std::move(groups);
  co_return Result<>();
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
