// The arguments and the debug information of the components that keep rulers in step with a
// cluster. `Ruler` says what differs:
//
//   struct Mimir {
//     static constexpr const char* prefix_name = "mimir_namespace_prefix";
//     static constexpr const char* separator_name = "mimir_namespace_separator";
//     static constexpr const char* separator = "/";
//     static constexpr const char* namespaces_name = "mimir_rule_namespace";
//     static constexpr Duration sync_interval = 5min;
//     struct Own { … };      // Arguments that only this one has; inlined.
//     struct Matcher { … };  // The block of that name.
//   };
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/shared/http_client_arguments.h"
#include "components/shared/kubernetes/label_selector.h"
#include "components/shared/kubernetes/reconciler.h"

namespace alloy::rules {

// Where the ruler is, and which resources count.
struct RulerArguments {
  std::string address;
  std::string tenant_id;
  bool use_legacy_routes = false;
  HttpClientArguments http;
  std::map<std::string, std::string> external_labels;
  kubernetes::LabelSelectorArguments rule_selector;
  kubernetes::LabelSelectorArguments rule_namespace_selector;

  static constexpr auto schema() {
    using R = RulerArguments;
    return fields(
        required<&R::address>("address", "URL of the ruler."),
        optional<&R::tenant_id>("tenant_id", "The tenant whose rules they are."),
        optional<&R::use_legacy_routes>("use_legacy_routes", "Whether to use the old paths."),
        inlined<&R::http>(),
        optional<&R::external_labels>("external_labels", "Labels that every rule gets."),
        block<&R::rule_selector>("rule_selector", "Which resources count, by their labels."),
        block<&R::rule_namespace_selector>("rule_namespace_selector",
                                           "Which resources count, by their namespace's labels."));
  }
};

template <class Ruler>
struct ExtraQueryMatchers {
  std::vector<typename Ruler::Matcher> matchers;

  static constexpr auto schema() {
    return fields(blocks<&ExtraQueryMatchers::matchers>("matcher", "A matcher."));
  }
};

template <class Ruler>
struct RulesArguments {
  RulerArguments ruler;
  typename Ruler::Own own;
  Duration sync_interval = Ruler::sync_interval;
  std::string prefix = "alloy";
  std::string separator = Ruler::separator;
  ExtraQueryMatchers<Ruler> extra_query_matchers;

  static constexpr auto schema() {
    using A = RulesArguments;
    return fields(
        inlined<&A::ruler>(), inlined<&A::own>(),
        optional<&A::sync_interval>("sync_interval", "How often to list the ruler's rules."),
        optional<&A::prefix>(Ruler::prefix_name, "What the names of our namespaces begin with."),
        optional<&A::separator>(Ruler::separator_name,
                                "What stands between the parts of their names."),
        block<&A::extra_query_matchers>("extra_query_matchers",
                                        "Matchers for all selectors of the queries."));
  }
  Result<> validate() {
    TRY(kubernetes::check_sync_interval(sync_interval));
    if (prefix.empty()) return fail(fmt::format("{} must not be empty", Ruler::prefix_name));
    if (separator.empty()) return fail(fmt::format("{} must not be empty", Ruler::separator_name));
    return ruler.http.validate();
  }
};

struct RuleResourceInfo {
  std::string name_space;
  std::string name;
  std::string uid;
  int64_t num_rule_groups = 0;

  static constexpr auto schema() {
    using R = RuleResourceInfo;
    return fields(required<&R::name_space>("namespace", "The namespace of the resource."),
                  required<&R::name>("name", "The name of the resource."),
                  required<&R::uid>("uid", "The UID of the resource."),
                  required<&R::num_rule_groups>("num_rule_groups", "How many groups it has."));
  }
};

struct RulerNamespaceInfo {
  std::string name;
  int64_t num_rule_groups = 0;

  static constexpr auto schema() {
    using R = RulerNamespaceInfo;
    return fields(required<&R::name>("name", "The namespace in the ruler."),
                  required<&R::num_rule_groups>("num_rule_groups", "How many groups it has."));
  }
};

template <class Ruler>
struct RulesDebugInfo {
  std::vector<RuleResourceInfo> resources;
  std::vector<RulerNamespaceInfo> namespaces;

  static constexpr auto schema() {
    using D = RulesDebugInfo;
    return fields(blocks<&D::resources>("prometheus_rule", "A resource that counts."),
                  blocks<&D::namespaces>(Ruler::namespaces_name, "What the ruler has of ours."));
  }
};

// "=", "!=", "=~" or "!~".
Result<> check_match_type(std::string_view type);

}  // namespace alloy::rules
