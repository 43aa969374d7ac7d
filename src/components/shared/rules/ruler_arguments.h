// The arguments that the components which keep rulers in step with a cluster have in common.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/shared/http_client_arguments.h"
#include "components/shared/kubernetes/label_selector.h"

namespace alloy::rules {

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

// "=", "!=", "=~" or "!~".
Result<> check_match_type(std::string_view type);

}  // namespace alloy::rules
