// mimir.rules.kubernetes keeps the rules of a Mimir tenant in step with the PrometheusRule
// resources of a Kubernetes cluster.
#include "base/text.h"
#include "components/shared/rules/query_matchers.h"
#include "components/shared/rules/rules_sync.h"
#include "services/cluster.h"

namespace alloy::mimir::rules_kubernetes {
namespace {

using namespace alloy::rules;

struct Mimir {
  static constexpr const char* prefix_name = "mimir_namespace_prefix";
  static constexpr const char* separator_name = "mimir_namespace_separator";
  static constexpr const char* separator = "/";
  static constexpr const char* namespaces_name = "mimir_rule_namespace";
  static constexpr Duration sync_interval = 5min;

  struct Own {
    std::string prometheus_http_prefix = "/prometheus";

    static constexpr auto schema() {
      return fields(optional<&Own::prometheus_http_prefix>("prometheus_http_prefix",
                                                           "Path before that of Mimir's API."));
    }
  };

  struct Matcher {
    std::string name;
    std::string value;
    std::string value_from_label;
    std::string match_type;

    static constexpr auto schema() {
      using M = Matcher;
      return fields(required<&M::name>("name", "The label."),
                    optional<&M::value>("value", "Its value."),
                    optional<&M::value_from_label>("value_from_label",
                                                   "The label of the resource that has its value."),
                    required<&M::match_type>("match_type", "How it is compared: =, !=, =~ or !~."));
    }
    Result<> validate() const {
      TRY(check_match_type(match_type));
      const int given = (value.empty() ? 0 : 1) + (value_from_label.empty() ? 0 : 1);
      if (given == 1) return {};
      return fail(fmt::format(
          "exactly one of 'value' or 'value_from_label' must be provided, got {}", given));
    }
  };
};

using Arguments = RulesArguments<Mimir>;
using DebugInfo = RulesDebugInfo<Mimir>;
using Matcher = Mimir::Matcher;

class Rules final : public ComponentWith<Arguments> {
 public:
  explicit Rules(Options options)
      : ComponentWith(std::move(options)), sync_(this->options(), "mimir_rules") {}
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override {
    return described(DebugInfo{.resources = sync_.resources(), .namespaces = sync_.namespaces()});
  }

 private:
  void adapt(const std::vector<Matcher>& matchers, const RuleResource& resource,
             std::vector<RuleGroup>& groups) const;
  void elect(const Cluster& cluster);
  Task<> follow_cluster(StopToken stop);

  RulesSync sync_;
  Event cluster_changed_;
};

Result<> Rules::update(Arguments arguments) {
  std::string prefix = arguments.own.prometheus_http_prefix;
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty() && !prefix.starts_with('/')) prefix.insert(0, "/");
  const bool is_legacy = arguments.ruler.use_legacy_routes;
  auto updated =
      sync_.update({.ruler = std::move(arguments.ruler),
                    .client = "mimir",
                    .path = is_legacy ? "/api/v1/rules" : prefix + "/config/v1/rules",
                    .missing_is_empty = false,
                    .interval = arguments.sync_interval,
                    .prefix = std::move(arguments.prefix),
                    .separator = std::move(arguments.separator),
                    .adapt = [this, matchers = std::move(arguments.extra_query_matchers.matchers)](
                                 const RuleResource& resource, std::vector<RuleGroup>& groups) {
                      adapt(matchers, resource, groups);
                      return Result<>();
                    }});
  if (!updated)
    return std::unexpected(
        std::move(updated).error().with_context("initializing component failed"));
  return {};
}

// Tenants from the annotation, and matchers with values from the resource's labels.
void Rules::adapt(const std::vector<Matcher>& matchers, const RuleResource& resource,
                  std::vector<RuleGroup>& groups) const {
  std::vector<std::string> tenants;
  for (const auto& [name, value] : resource.meta.annotations) {
    if (name != "monitoring.grafana.com/source_tenants") continue;
    for (const std::string_view tenant : split(value, ',')) tenants.emplace_back(trim(tenant));
  }
  std::vector<QueryMatcher> complete;
  for (const Matcher& matcher : matchers) {
    std::string value = matcher.value;
    if (!matcher.value_from_label.empty()) {
      const std::string* label = resource.meta.label(matcher.value_from_label);
      if (label == nullptr || label->empty()) {
        logger().error("failed to add labels to PrometheusRule query",
                       {{"key", resource.key()},
                        {"label", matcher.value_from_label},
                        {"err", "the resource has no such label"}});
        continue;
      }
      value = *label;
    }
    complete.push_back({matcher.name, std::move(value), matcher.match_type});
  }
  for (RuleGroup& group : groups) {
    group.source_tenants = tenants;
    for (Rule& rule : group.rules) {
      auto query = add_matchers(rule.expression, complete, QueryLanguage::promql);
      if (query) {
        rule.expression = *std::move(query);
      } else {
        logger().error("failed to add labels to PrometheusRule query",
                       {{"query", rule.expression}, {"err", query.error()}});
      }
    }
  }
}

// One of a cluster's nodes does the work: who owns the component's name. This does not wait until
// the cluster is ready.
void Rules::elect(const Cluster& cluster) {
  const auto view = cluster.view();
  const std::string* owner = view->ring.owner(cluster::string_key(options().global_id()));
  sync_.set_leading(owner == nullptr || *owner == view->self);
}

Task<> Rules::follow_cluster(StopToken stop) {
  auto* cluster = options().services.find<Cluster>();
  while (co_await cluster_changed_.wait(stop) == Wake::notified) {
    options()
        .metrics
        .counter("mimir_rules_cluster_updates_total",
                 "Total number of times the cluster has changed.")
        .add();
    elect(*cluster);
  }
}

Task<> Rules::run(StopToken stop) {
  TaskGroup tasks(options().strand, TaskGroup::Strands::shared);
  Cluster::Subscription subscription;
  if (auto* cluster = options().services.find<Cluster>()) {
    elect(*cluster);
    subscription = cluster->subscribe([this] { cluster_changed_.notify(); });
    tasks.spawn(follow_cluster(stop));
  }
  co_await sync_.run(stop);
  co_await tasks.join();
}

}  // namespace
}  // namespace alloy::mimir::rules_kubernetes

namespace alloy {

extern const ComponentType mimir_rules_kubernetes;
const ComponentType mimir_rules_kubernetes = {
    .name = "mimir.rules.kubernetes",
    .doc = "Keeps the rules of a Mimir tenant in step with a cluster's PrometheusRule resources.",
    .arguments = &schema_of<mimir::rules_kubernetes::Arguments>,
    .create = create<mimir::rules_kubernetes::Rules>,
};

}  // namespace alloy
