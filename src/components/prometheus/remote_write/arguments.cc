#include "components/prometheus/remote_write/arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/remote_write/encoding_settings.h"

namespace alloy::prometheus::remote_write {

Result<> AzureAdArguments::validate() const {
  const int ways = int{managed_identity.has_value()} + int{workload_identity.has_value()} +
                   int{oauth.has_value()} + int{sdk.has_value()};
  if (ways == 0) {
    return fail(
        "must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth or "
        "Azure SDK in the Azure AD config",
        ErrorKind::invalid);
  }
  if (ways > 1) {
    return fail(
        "cannot provide more than one of Azure Managed Identity, Azure Workload Identity, "
        "Azure OAuth and Azure SDK in the Azure AD config",
        ErrorKind::invalid);
  }
  if (cloud != "AzurePublic" && cloud != "AzureChina" && cloud != "AzureGovernment") {
    return fail(
        "must provide a cloud in the Azure AD config: AzureChina, AzureGovernment or "
        "AzurePublic",
        ErrorKind::invalid);
  }
  return {};
}

Result<> TenantArguments::validate() const {
  if (label.empty()) return fail("label must not be empty", ErrorKind::invalid);
  if (!is_valid_tenant(fallback)) {
    return fail(fmt::format("default {} is not a valid tenant", quote(fallback)),
                ErrorKind::invalid);
  }
  const auto is_name_part = [](char c) { return c > ' ' && c < 127 && c != ':'; };
  if (header.empty() || !std::ranges::all_of(header, is_name_part)) {
    return fail(fmt::format("header {} is not the name of a header", quote(header)),
                ErrorKind::invalid);
  }
  return {};
}

Result<> EndpointArguments::validate() {
  const bool has_http_auth = http.basic_auth || http.oauth2 || http.authorization ||
                             !http.bearer_token.empty() || !http.bearer_token_file.empty();
  if (int{sigv4.has_value()} + int{azuread.has_value()} + int{google_iam.has_value()} +
          int{has_http_auth} >
      1) {
    return fail(
        "at most one of sigv4, azuread, google_iam, basic_auth, oauth2, bearer_token & "
        "bearer_token_file must be configured",
        ErrorKind::invalid);
  }
  if (protobuf_message != protocol_1 && protobuf_message != protocol_2) {
    return fail(
        fmt::format("invalid protobuf_message {} for endpoint {}: unknown type for remote "
                    "write protobuf message {}, supported: {}, {}",
                    quote(protobuf_message), quote(name), protobuf_message, protocol_1, protocol_2),
        ErrorKind::invalid);
  }
  return http.validate();
}

Result<> WalArguments::validate() const {
  if (truncate_frequency <= 0s) {
    return fail("truncate_frequency must not be 0", ErrorKind::invalid);
  }
  if (max_keepalive_time <= min_keepalive_time) {
    return fail("min_keepalive_time must be smaller than max_keepalive_time", ErrorKind::invalid);
  }
  return {};
}

}  // namespace alloy::prometheus::remote_write
