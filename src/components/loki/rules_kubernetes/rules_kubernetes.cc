// loki.rules.kubernetes keeps the rules of a Loki tenant in step with the PrometheusRule resources
// of a Kubernetes cluster.
#include "components/shared/rules/query_matchers.h"
#include "components/shared/rules/rules_sync.h"

namespace alloy::loki::rules_kubernetes {
namespace {

using namespace alloy::rules;

struct Loki {
  static constexpr const char* prefix_name = "loki_namespace_prefix";
  static constexpr const char* separator_name = "loki_namespace_separator";
  static constexpr const char* separator = "-";
  static constexpr const char* namespaces_name = "loki_rule_namespace";
  static constexpr Duration sync_interval = 30s;

  struct Own {
    static constexpr auto schema() { return fields(); }
  };

  struct Matcher {
    std::string name;
    std::string value;
    std::string match_type;

    static constexpr auto schema() {
      using M = Matcher;
      return fields(required<&M::name>("name", "The label."),
                    required<&M::value>("value", "Its value."),
                    required<&M::match_type>("match_type", "How it is compared: =, !=, =~ or !~."));
    }
    Result<> validate() const { return check_match_type(match_type); }
  };
};

using Arguments = RulesArguments<Loki>;
using DebugInfo = RulesDebugInfo<Loki>;
using Matcher = Loki::Matcher;

Result<> adapt(const std::vector<QueryMatcher>& matchers, std::vector<RuleGroup>& groups) {
  for (RuleGroup& group : groups) {
    for (Rule& rule : group.rules) {
      TRY(check_logql(rule.expression));
      TRY(rule.expression, add_matchers(rule.expression, matchers, QueryLanguage::logql));
    }
  }
  return {};
}

class Rules final : public ComponentWith<Arguments> {
 public:
  explicit Rules(Options options)
      : ComponentWith(std::move(options)), sync_(this->options(), "loki_rules") {}
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override { return sync_.run(std::move(stop)); }
  std::optional<Described> debug_info() const override {
    return described(DebugInfo{.resources = sync_.resources(), .namespaces = sync_.namespaces()});
  }

 private:
  RulesSync sync_;
};

Result<> Rules::update(Arguments arguments) {
  std::vector<QueryMatcher> matchers;
  for (const Matcher& matcher : arguments.extra_query_matchers.matchers)
    matchers.push_back({matcher.name, matcher.value, matcher.match_type});
  const bool is_legacy = arguments.ruler.use_legacy_routes;
  auto updated =
      sync_.update({.ruler = std::move(arguments.ruler),
                    .client = "loki",
                    .path = is_legacy ? "/api/v1/rules" : "/loki/api/v1/rules",
                    .missing_is_empty = true,
                    .interval = arguments.sync_interval,
                    .prefix = std::move(arguments.prefix),
                    .separator = std::move(arguments.separator),
                    .adapt = [matchers](const RuleResource&, std::vector<RuleGroup>& groups) {
                      return adapt(matchers, groups);
                    }});
  if (!updated)
    return std::unexpected(
        std::move(updated).error().with_context("initializing component failed"));
  return {};
}

}  // namespace
}  // namespace alloy::loki::rules_kubernetes

namespace alloy {

extern const ComponentType loki_rules_kubernetes;
const ComponentType loki_rules_kubernetes = {
    .name = "loki.rules.kubernetes",
    .doc = "Keeps the rules of a Loki tenant in step with a cluster's PrometheusRule resources.",
    .arguments = &schema_of<loki::rules_kubernetes::Arguments>,
    .create = create<loki::rules_kubernetes::Rules>,
};

}  // namespace alloy
