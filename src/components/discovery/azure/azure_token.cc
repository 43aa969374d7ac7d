// Asking for tokens.
#include "components/discovery/azure/azure_token.h"

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "net/url.h"

namespace alloy::discovery::azure {
namespace {

constexpr Duration renewal_margin = 5min;
constexpr Duration request_timeout = 30s;
constexpr std::string_view assertion_type =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

}  // namespace

Result<Cloud> find_cloud(std::string_view name) {
  constexpr Cloud world{"https://login.microsoftonline.com", "https://management.azure.com"};
  constexpr Cloud china{"https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"};
  constexpr Cloud government{"https://login.microsoftonline.us",
                             "https://management.usgovcloudapi.net"};
  const std::string key = upper(name);
  if (key == "AZURECHINACLOUD") return china;
  if (key == "AZUREUSGOVERNMENT" || key == "AZUREUSGOVERNMENTCLOUD") return government;
  if (key == "AZURECLOUD" || key == "AZUREPUBLICCLOUD" || key == "AZUREGERMANCLOUD") return world;
  return fail(fmt::format("there is no cloud configuration matching the name {}", quote(key)));
}

TokenOptions options_from_environment(Cloud cloud, std::string tenant_id) {
  TokenOptions options{.kind = TokenKind::managed_identity,
                       .cloud = cloud,
                       .tenant_id = std::move(tenant_id),
                       .client_id = variable("AZURE_CLIENT_ID"),
                       .client_secret = variable("AZURE_CLIENT_SECRET"),
                       .token_file = variable("AZURE_FEDERATED_TOKEN_FILE")};
  if (options.tenant_id.empty()) options.tenant_id = variable("AZURE_TENANT_ID");
  const bool has_client = !options.tenant_id.empty() && !options.client_id.empty();
  if (has_client && !options.client_secret.empty()) {
    options.kind = TokenKind::client_secret;
  } else if (has_client && !options.token_file.empty()) {
    options.kind = TokenKind::workload_identity;
  }
  return options;
}

Task<Result<net::Response>> TokenSource::ask_login(StopToken stop) {
  std::multimap<std::string, std::string> parameters = {
      {"client_id", options_.client_id},
      {"grant_type", "client_credentials"},
      {"scope", std::string(options_.cloud.resource) + "/.default"}};
  if (options_.kind == TokenKind::workload_identity) {
    CO_TRY(const auto token,
           co_await run_blocking(context_.executor.blocking(),
                                 [path = options_.token_file] { return read_file(path); }));
    parameters.emplace("client_assertion_type", assertion_type);
    parameters.emplace("client_assertion", trim(token));
  } else {
    parameters.emplace("client_secret", options_.client_secret);
  }
  const std::string body = net::encode_query(parameters);
  net::Request request{.method = "POST",
                       .url = fmt::format("{}/{}/oauth2/v2.0/token", options_.cloud.login,
                                          net::escape_path_segment(options_.tenant_id)),
                       .body = body,
                       .timeout = request_timeout};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  co_return co_await client_->fetch(std::move(request), std::move(stop));
}

Task<Result<net::Response>> TokenSource::ask_machine(StopToken stop) {
  std::multimap<std::string, std::string> parameters = {
      {"api-version", "2018-02-01"}, {"resource", std::string(options_.cloud.resource)}};
  if (!options_.client_id.empty()) parameters.emplace("client_id", options_.client_id);
  net::Request request{.url = "http://169.254.169.254/metadata/identity/oauth2/token?" +
                              net::encode_query(parameters),
                       .timeout = request_timeout};
  request.headers.add("Metadata", "true");
  co_return co_await client_->fetch(std::move(request), std::move(stop));
}

Task<Result<std::string>> TokenSource::authorization(StopToken stop) {
  if (expires_ && context_.clock.steady() + renewal_margin < *expires_) co_return authorization_;
  Result<net::Response> response = fail("no answer");
  if (options_.kind == TokenKind::managed_identity) {
    response = co_await ask_machine(std::move(stop));
  } else {
    response = co_await ask_login(std::move(stop));
  }
  if (!response) co_return std::unexpected(std::move(response).error());
  CO_TRY(const auto document, JsonDocument::parse(response->body));
  const JsonNode root = document.root();
  if (!response->is_success())
    co_return fail(fmt::format("{}: {}", response->status_line,
                               root.is_object() ? root["error_description"].text() : ""));
  // Azure's machines say numbers as texts.
  const auto seconds = std::atoll(root["expires_in"].scalar_text().c_str());
  authorization_ = "Bearer " + std::string(root["access_token"].text());
  expires_ = context_.clock.steady() + std::chrono::seconds(seconds);
  CO_TRY(document.check());
  co_return authorization_;
}

}  // namespace alloy::discovery::azure
