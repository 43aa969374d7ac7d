#include "components/shared/cloud_tokens/azure.h"

#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "net/url.h"
#include "services/identity.h"

namespace alloy::cloud_tokens {
namespace {

std::string or_else(std::string value, std::string_view other) {
  return value.empty() ? std::string(other) : value;
}

TokenRequest ask_authority(const AzureContext& context, const std::string& tenant,
                           std::multimap<std::string, std::string> form) {
  form.emplace("grant_type", "client_credentials");
  form.emplace("scope", context.scope);
  return {.url = fmt::format("{}{}/oauth2/v2.0/token", context.authority,
                             net::escape_path_segment(tenant)),
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
          .body = net::encode_query(form)};
}

}  // namespace

TokenRequest azure_ask_with_secret(const AzureContext& context, const std::string& tenant,
                                   const std::string& client, const std::string& secret) {
  return ask_authority(context, tenant, {{"client_id", client}, {"client_secret", secret}});
}

Result<TokenRequest> azure_ask_with_assertion(const AzureContext& context,
                                              const std::string& tenant, const std::string& client,
                                              const std::string& file) {
  constexpr std::string_view kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  TRY(const std::string assertion, read_file(file));
  return ask_authority(context, tenant,
                       {{"client_id", client},
                        {"client_assertion_type", std::string(kind)},
                        {"client_assertion", std::string(trim(assertion))}});
}

// The machine knows who it is.
TokenRequest azure_ask_machine(const AzureContext& context, const std::string& client) {
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
Result<TokenRequest> azure_ask_as_environment_says(const AzureContext& context,
                                                   const std::string& tenant_id) {
  const std::string client = environment("AZURE_CLIENT_ID");
  const std::string tenant = or_else(tenant_id, environment("AZURE_TENANT_ID"));
  if (client.empty() || tenant.empty()) return azure_ask_machine(context, client);
  if (const std::string secret = environment("AZURE_CLIENT_SECRET"); !secret.empty())
    return azure_ask_with_secret(context, tenant, client, secret);
  if (const std::string file = environment("AZURE_FEDERATED_TOKEN_FILE"); !file.empty())
    return azure_ask_with_assertion(context, tenant, client, file);
  return azure_ask_machine(context, client);
}

std::string azure_authority(std::string_view usual) {
  std::string authority = or_else(environment("AZURE_AUTHORITY_HOST"), usual);
  if (!authority.ends_with('/')) authority += '/';
  return authority;
}

Result<GetToken> azure_default_tokens(const Options& options,
                                      const std::vector<std::string>& scopes) {
  AzureContext context;
  context.authority = azure_authority(context.authority);
  for (const std::string& scope : scopes)
    context.scope += (context.scope.empty() ? "" : " ") + scope;
  const auto* identity = options.services.find<Identity>();
  net::HttpClientOptions client;
  if (identity != nullptr) client.user_agent = identity->user_agent;
  client.proxy.from_environment = true;
  TRY(std::shared_ptr<net::HttpClient> http,
      net::HttpClient::create(options.executor.any(), std::move(client)));
  const auto source = std::make_shared<TokenSource>(
      std::move(http), [context](WallTime) { return azure_ask_as_environment_says(context, ""); },
      options.clock);
  return [source](StopToken stop) { return TokenSource::get(source, std::move(stop)); };
}

}  // namespace alloy::cloud_tokens
