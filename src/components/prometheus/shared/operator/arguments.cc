#include "components/prometheus/shared/operator/arguments.h"

namespace alloy::prometheus::operators {

Result<> OperatorArguments::validate() const {
  if (kubernetes_role != "endpoints" && kubernetes_role != "endpointslice")
    return fail("only endpoints and endpointslice are supported");
  return {};
}

Result<> OperatorArguments::check_stability(Stability allowed) const {
  if (allowed == Stability::experimental) return {};
  const std::pair<bool, std::string_view> experimental[] = {
      {scrape.enable_type_and_unit_labels, "enable_type_and_unit_labels"},
      {scrape.start_timestamp_zero_ingestion, "start_timestamp_zero_ingestion"},
  };
  for (const auto& [is_used, name] : experimental) {
    if (!is_used) continue;
    return fail(
        fmt::format("{} is an experimental feature, and must be enabled by setting the "
                    "stability.level flag to experimental",
                    name));
  }
  return {};
}

}  // namespace alloy::prometheus::operators
