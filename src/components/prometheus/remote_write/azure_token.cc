#include "components/prometheus/remote_write/azure_token.h"

#include <algorithm>

#include "components/shared/cloud_tokens/azure.h"

namespace alloy::prometheus::remote_write {

namespace {

struct Cloud {
  std::string_view name;
  std::string_view authority;
  std::string_view scope;
};

constexpr Cloud clouds[] = {
    {"AzurePublic", "https://login.microsoftonline.com/", "https://monitor.azure.com//.default"},
    {"AzureChina", "https://login.chinacloudapi.cn/", "https://monitor.azure.cn//.default"},
    {"AzureGovernment", "https://login.microsoftonline.us/", "https://monitor.azure.us//.default"},
};
constexpr std::string_view token_file_usual = "/var/run/secrets/azure/tokens/azure-identity-token";

}  // namespace

Result<TokenRequest> make_azure_request(const AzureAdArguments& a) {
  using namespace cloud_tokens;
  const auto* const cloud = std::ranges::find(clouds, a.cloud, &Cloud::name);
  if (cloud == std::end(clouds)) {
    return fail("cloud is not set, or is not one of AzurePublic, AzureChina, AzureGovernment");
  }
  const AzureContext context{.authority = azure_authority(cloud->authority),
                             .scope = a.scope.empty() ? std::string(cloud->scope) : a.scope};
  if (a.managed_identity) return azure_ask_machine(context, a.managed_identity->client_id);
  if (a.workload_identity) {
    const auto& identity = *a.workload_identity;
    const std::string& file = identity.token_file_path;
    return azure_ask_with_assertion(context, identity.tenant_id, identity.client_id,
                                    file.empty() ? std::string(token_file_usual) : file);
  }
  if (a.oauth) {
    return azure_ask_with_secret(context, a.oauth->tenant_id, a.oauth->client_id,
                                 a.oauth->client_secret.value);
  }
  return azure_ask_as_environment_says(context, a.sdk ? a.sdk->tenant_id : std::string());
}

}  // namespace alloy::prometheus::remote_write
