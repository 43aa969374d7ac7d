// What machines and roles of AWS, Azure and Google Cloud prove who they are with.
#include "base/text.h"
#include "components/remote/vault/login.h"
#include "components/shared/aws/credentials.h"
#include "components/shared/json.h"
#include "values/stdlib/base64.h"

namespace alloy::remote::vault {
namespace {

constexpr Duration metadata_timeout = 10s;
constexpr std::string_view azure_metadata = "http://169.254.169.254/metadata";
constexpr std::string_view gcp_metadata =
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity";

std::string base64(std::string_view text) {
  return stdlib::encode_base64(text, stdlib::Base64Alphabet::standard);
}

using Members = std::vector<std::pair<std::string, std::string>>;

// Asks a machine's metadata service, which is never behind a proxy.
Task<Result<std::string>> get(net::HttpClient* client, std::string url, net::Headers headers,
                              StopToken stop) {
  net::Request request{
      .url = std::move(url), .headers = std::move(headers), .timeout = metadata_timeout};
  CO_TRY(auto response, co_await client->fetch(std::move(request), std::move(stop)));
  if (response.status != 200) co_return fail("metadata of the machine: " + response.status_line);
  co_return std::move(response.body);
}

// A signed question to STS who this is, which Vault asks in its turn.
Members signed_identity_request(const AwsAuth& auth, const aws::Credentials& credentials,
                                const std::string& host, WallTime now) {
  constexpr std::string_view body = "Action=GetCallerIdentity&Version=2011-06-15";
  const net::Url url{.scheme = "https", .host = host, .path = "/"};
  net::Headers headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  if (!auth.iam_server_id_header.empty())
    headers.add("X-Vault-AWS-IAM-Server-ID", auth.iam_server_id_header);
  const net::Headers added = aws::sign({.method = "POST",
                                        .url = url,
                                        .headers = headers,
                                        .body = body,
                                        .region = auth.region,
                                        .service = "sts"},
                                       credentials, now);
  std::string json = "{";
  for (const auto& part : {headers, added}) {
    for (const net::Header& header : part) {
      if (json.size() > 1) json += ',';
      append_json_string(json, header.name);
      json += ":[";
      append_json_string(json, header.value);
      json += ']';
    }
  }
  json += '}';
  return {{"iam_http_request_method", "POST"},
          {"iam_request_body", base64(body)},
          {"iam_request_headers", base64(json)},
          {"iam_request_url", base64(url.to_string())}};
}

}  // namespace

Task<Result<std::string>> aws_login(AwsAuth auth, LoginContext context, StopToken stop) {
  CO_TRY(const auto source,
         aws::CredentialSource::create({.region = auth.region}, *context.executor, *context.clock));
  Members members;
  if (auth.type == "iam") {
    CO_TRY(const auto credentials, co_await source->get(stop));
    const std::string host = auth.region.empty() || auth.region == "us-east-1"
                                 ? "sts.amazonaws.com"
                                 : fmt::format("sts.{}.amazonaws.com", auth.region);
    members = signed_identity_request(auth, credentials, host, context.clock->wall());
  } else {
    constexpr std::string_view folder = "/latest/dynamic/instance-identity/";
    members.emplace_back("nonce", context.nonce);
    if (auth.ec2_signature_type == "pkcs7") {
      CO_TRY(std::string signature, co_await source->metadata(std::string(folder) + "pkcs7", stop));
      std::erase(signature, '\n');
      members.emplace_back("pkcs7", std::move(signature));
    } else {
      CO_TRY(const auto document,
             co_await source->metadata(std::string(folder) + "document", stop));
      CO_TRY(const auto signature,
             co_await source->metadata(std::string(folder) + "signature", stop));
      members.emplace_back("identity", base64(document));
      members.emplace_back("signature", signature);
    }
  }
  if (!auth.role.empty()) members.emplace_back("role", auth.role);
  co_return json_object(members);
}

Task<Result<std::string>> azure_login(AzureAuth auth, LoginContext context, StopToken stop) {
  CO_TRY(const auto client, net::HttpClient::create(context.executor->any(), {}));
  const net::Headers headers = {{"Metadata", "true"}};
  const std::string resource = net::encode_query({{"resource", auth.resource_url}});
  CO_TRY(const auto token_text,
         co_await get(client.get(),
                      fmt::format("{}/identity/oauth2/token?api-version=2018-02-01&{}",
                                  azure_metadata, resource),
                      headers, stop));
  CO_TRY(const auto instance_text,
         co_await get(client.get(),
                      fmt::format("{}/instance?api-version=2019-06-01&format=json", azure_metadata),
                      headers, stop));
  CO_TRY(const auto token, JsonDocument::parse(token_text));
  CO_TRY(const auto instance, JsonDocument::parse(instance_text));
  const JsonNode compute = instance.root()["compute"];
  Members members = {{"jwt", std::string(token.root()["access_token"].text())},
                     {"resource_group_name", std::string(compute["resourceGroupName"].text())},
                     {"role", auth.role},
                     {"subscription_id", std::string(compute["subscriptionId"].text())},
                     {"vm_name", std::string(compute["name"].text())},
                     {"vmss_name", std::string(compute["vmScaleSetName"].text())}};
  CO_TRY(token.check());
  CO_TRY(instance.check());
  co_return json_object(members);
}

Task<Result<std::string>> gcp_login(GcpAuth auth, LoginContext context, StopToken stop) {
  CO_TRY(const auto client, net::HttpClient::create(context.executor->any(), {}));
  const std::string query =
      net::encode_query({{"audience", "http://vault/" + auth.role}, {"format", "full"}});
  CO_TRY(const auto token, co_await get(client.get(), fmt::format("{}?{}", gcp_metadata, query),
                                        {{"Metadata-Flavor", "Google"}}, std::move(stop)));
  co_return json_object({{"jwt", std::string(trim(token))}, {"role", auth.role}});
}

}  // namespace alloy::remote::vault
