#include "components/prometheus/remote_write/azure_token.h"

#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "net/url.h"

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

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string or_else(std::string value, std::string_view other) {
  return value.empty() ? std::string(other) : value;
}

struct Context {
  std::string authority;
  std::string scope;
};

TokenRequest ask_authority(const Context& context, const std::string& tenant,
                           std::multimap<std::string, std::string> form) {
  form.emplace("grant_type", "client_credentials");
  form.emplace("scope", context.scope);
  return {.url = fmt::format("{}{}/oauth2/v2.0/token", context.authority, tenant),
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
          .body = net::encode_query(form)};
}

TokenRequest ask_with_secret(const Context& context, const std::string& tenant,
                             const std::string& client, const std::string& secret) {
  return ask_authority(context, tenant, {{"client_id", client}, {"client_secret", secret}});
}

Result<TokenRequest> ask_with_assertion(const Context& context, const std::string& tenant,
                                        const std::string& client, const std::string& file) {
  constexpr std::string_view kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  TRY(const std::string assertion, read_file(file));
  return ask_authority(context, tenant,
                       {{"client_id", client},
                        {"client_assertion_type", std::string(kind)},
                        {"client_assertion", std::string(trim(assertion))}});
}

// The machine knows who it is.
TokenRequest ask_machine(const Context& context, const std::string& client) {
  std::string_view resource = context.scope;
  if (resource.ends_with("/.default")) resource.remove_suffix(9);
  std::multimap<std::string, std::string> query = {{"api-version", "2018-02-01"},
                                                   {"resource", std::string(resource)}};
  if (!client.empty()) query.emplace("client_id", client);
  const std::string host =
      or_else(environment("AZURE_POD_IDENTITY_AUTHORITY_HOST"), "http://169.254.169.254");
  return {
      .method = "GET",
      .url = fmt::format("{}/metadata/identity/oauth2/token?{}", host, net::encode_query(query)),
      .headers = {{"Metadata", "true"}},
      .body = {}};
}

// What Azure's own clients try, in their order.
Result<TokenRequest> ask_as_environment_says(const Context& context, const std::string& tenant_id) {
  const std::string client = environment("AZURE_CLIENT_ID");
  const std::string tenant = or_else(tenant_id, environment("AZURE_TENANT_ID"));
  if (const std::string secret = environment("AZURE_CLIENT_SECRET"); !secret.empty()) {
    return ask_with_secret(context, tenant, client, secret);
  }
  if (const std::string file = environment("AZURE_FEDERATED_TOKEN_FILE"); !file.empty()) {
    return ask_with_assertion(context, tenant, client, file);
  }
  return ask_machine(context, client);
}

}  // namespace

Result<TokenRequest> make_azure_request(const AzureAdArguments& a) {
  const auto* const cloud = std::ranges::find(clouds, a.cloud, &Cloud::name);
  if (cloud == std::end(clouds)) {
    return fail("cloud is not set, or is not one of AzurePublic, AzureChina, AzureGovernment");
  }
  std::string authority = or_else(environment("AZURE_AUTHORITY_HOST"), cloud->authority);
  if (!authority.ends_with('/')) authority += '/';
  const Context context{std::move(authority), or_else(a.scope, cloud->scope)};
  if (a.managed_identity) return ask_machine(context, a.managed_identity->client_id);
  if (a.workload_identity) {
    const auto& identity = *a.workload_identity;
    return ask_with_assertion(context, identity.tenant_id, identity.client_id,
                              or_else(identity.token_file_path, token_file_usual));
  }
  if (a.oauth) {
    return ask_with_secret(context, a.oauth->tenant_id, a.oauth->client_id,
                           a.oauth->client_secret.value);
  }
  return ask_as_environment_says(context, a.sdk ? a.sdk->tenant_id : std::string());
}

}  // namespace alloy::prometheus::remote_write
