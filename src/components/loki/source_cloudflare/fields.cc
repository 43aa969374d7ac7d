#include "components/loki/source_cloudflare/fields.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace alloy::loki::source_cloudflare {
namespace {

// Each set has those before it too.
constexpr std::array<std::string_view, 10> standard_fields = {"ClientIP",
                                                              "ClientRequestHost",
                                                              "ClientRequestMethod",
                                                              "ClientRequestURI",
                                                              "EdgeEndTimestamp",
                                                              "EdgeResponseBytes",
                                                              "EdgeRequestHost",
                                                              "EdgeResponseStatus",
                                                              "EdgeStartTimestamp",
                                                              "RayID"};
constexpr std::array<std::string_view, 18> minimal_fields = {"ZoneID",
                                                             "ClientSSLProtocol",
                                                             "ClientRequestProtocol",
                                                             "ClientRequestPath",
                                                             "ClientRequestUserAgent",
                                                             "ClientRequestReferer",
                                                             "EdgeColoCode",
                                                             "ClientCountry",
                                                             "CacheCacheStatus",
                                                             "CacheResponseStatus",
                                                             "EdgeResponseContentType",
                                                             "SecurityLevel",
                                                             "WAFAction",
                                                             "WAFProfile",
                                                             "WAFRuleID",
                                                             "WAFRuleMessage",
                                                             "EdgeRateLimitID",
                                                             "EdgeRateLimitAction"};
constexpr std::array<std::string_view, 17> extended_fields = {"ClientSSLCipher",
                                                              "ClientASN",
                                                              "ClientIPClass",
                                                              "CacheResponseBytes",
                                                              "EdgePathingOp",
                                                              "EdgePathingSrc",
                                                              "EdgePathingStatus",
                                                              "ParentRayID",
                                                              "WorkerCPUTime",
                                                              "WorkerStatus",
                                                              "WorkerSubrequest",
                                                              "WorkerSubrequestCount",
                                                              "OriginIP",
                                                              "OriginResponseStatus",
                                                              "OriginSSLProtocol",
                                                              "OriginResponseHTTPExpires",
                                                              "OriginResponseHTTPLastModified"};
constexpr std::array<std::string_view, 21> all_fields = {"BotScore",
                                                         "BotScoreSrc",
                                                         "BotTags",
                                                         "ClientRequestBytes",
                                                         "ClientSrcPort",
                                                         "ClientXRequestedWith",
                                                         "CacheTieredFill",
                                                         "EdgeResponseCompressionRatio",
                                                         "EdgeServerIP",
                                                         "FirewallMatchesSources",
                                                         "FirewallMatchesActions",
                                                         "FirewallMatchesRuleIDs",
                                                         "OriginResponseBytes",
                                                         "OriginResponseTime",
                                                         "ClientDeviceType",
                                                         "WAFFlags",
                                                         "WAFMatchedVar",
                                                         "EdgeColoID",
                                                         "RequestHeaders",
                                                         "ResponseHeaders",
                                                         "ClientRequestSource"};

}  // namespace

std::string enum_error(FieldsType, std::string_view text) {
  return "unknown fields type: " + std::string(text);
}

std::vector<std::string> fields_of(FieldsType type, const std::vector<std::string>& additional) {
  std::vector<std::string> fields = additional;
  const auto add = [&](std::span<const std::string_view> names) {
    fields.insert(fields.end(), names.begin(), names.end());
  };
  const bool has_set = type != FieldsType::custom;
  if (has_set) add(standard_fields);
  if (has_set && type >= FieldsType::minimal) add(minimal_fields);
  if (has_set && type >= FieldsType::extended) add(extended_fields);
  if (has_set && type >= FieldsType::all) add(all_fields);
  std::ranges::sort(fields);
  const auto repeated = std::ranges::unique(fields);
  fields.erase(repeated.begin(), repeated.end());
  return fields;
}

}  // namespace alloy::loki::source_cloudflare
