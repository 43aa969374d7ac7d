// Checks of the arguments.
#include "components/prometheus/scrape/arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/scrape/protocols.h"
#include "components/shared/prometheus_duration.h"

namespace alloy::prometheus::scrape {

namespace {

constexpr std::string_view protobuf = "PrometheusProto";

Result<void> check_protocols(const std::vector<std::string>& protocols) {
  for (size_t i = 0; i < protocols.size(); ++i) {
    const std::string& name = protocols[i];
    if (!is_known_protocol(name)) {
      return fail(
          fmt::format("invalid scrape protocol {}: unknown scrape protocol {}, supported: {}",
                      quote(name), name, list_known_protocols()));
    }
    if (std::find(protocols.begin(), protocols.begin() + static_cast<std::ptrdiff_t>(i), name) !=
        protocols.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fail(
          fmt::format("duplicate scrape protocol {}: make sure the scrape protocols provided are "
                      "unique",
                      quote(name)));
    }
  }
  return {};
}

Result<void> check_names(std::string_view validation, std::string_view escaping) {
  if (validation != "legacy" && validation != "utf8") {
    return fail(fmt::format(
        "invalid metric_name_validation_scheme {}: must be either \"utf8\" or \"legacy\"",
        quote(validation)));
  }
  constexpr std::string_view schemes[] = {"", "allow-utf-8", "underscores", "dots", "values"};
  if (std::ranges::find(schemes, escaping) == std::end(schemes)) {
    return fail(
        fmt::format("invalid metric_name_escaping_scheme {}: must be one of "
                    "\"allow-utf-8\", \"underscores\", \"dots\" or \"values\"",
                    quote(escaping)));
  }
  if (escaping == "allow-utf-8" && validation != "utf8") {
    return fail(
        "metric_name_escaping_scheme cannot be set to 'allow-utf-8' while "
        "metric_name_validation_scheme is not set to 'utf8'");
  }
  return {};
}

}  // namespace

Result<void> Arguments::validate() {
  if (scrape_interval <= 0s) return fail("scrape_interval must be greater than 0");
  if (scrape_timeout <= 0s) return fail("scrape_timeout must be greater than 0");
  if (scrape_timeout > scrape_interval) {
    return fail(fmt::format(
        "scrape_timeout ({}) greater than scrape_interval ({}) for scrape config with job name "
        "{}",
        format_duration(scrape_timeout), format_duration(scrape_interval), quote(job_name)));
  }
  if (enable_protobuf_negotiation && scrape_protocols != Arguments{}.scrape_protocols) {
    return fail(
        "both enable_protobuf_negotiation and scrape_protocols are set, only one can be set at a "
        "time");
  }
  TRY(check_protocols(scrape_protocols));
  if (!scrape_fallback_protocol.empty() && !is_known_protocol(scrape_fallback_protocol)) {
    return fail(
        fmt::format("invalid scrape_fallback_protocol: unknown scrape protocol {}, supported: {}",
                    scrape_fallback_protocol, list_known_protocols()));
  }
  if (body_size_limit.bytes < 0) return fail("body_size_limit must not be negative");
  TRY(http.validate());
  TRY(check_names(metric_name_validation_scheme, metric_name_escaping_scheme));
  if (metric_name_escaping_scheme.empty())
    metric_name_escaping_scheme =
        metric_name_validation_scheme == "utf8" ? "allow-utf-8" : "underscores";
  return {};
}

std::vector<std::string> Arguments::protocols() const {
  std::vector<std::string> result = scrape_protocols;
  const bool is_default = scrape_protocols == Arguments{}.scrape_protocols;
  if (enable_protobuf_negotiation || (scrape_native_histograms && is_default)) {
    result.insert(result.begin(), std::string(protobuf));
  }
  return result;
}

Result<void> Arguments::check_stability(Stability allowed) const {
  if (allowed == Stability::experimental) return {};
  const std::pair<bool, std::string_view> experimental[] = {
      {honor_metadata, "honor_metadata"},
      {enable_type_and_unit_labels, "enable_type_and_unit_labels"},
      {start_timestamp_zero_ingestion, "start_timestamp_zero_ingestion"},
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

}  // namespace alloy::prometheus::scrape
