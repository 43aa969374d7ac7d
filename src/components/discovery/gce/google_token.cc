// Logging in to Google Cloud.
#include "components/discovery/gce/google_token.h"

#include <cstdlib>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "net/signing.h"
#include "net/url.h"
#include "values/stdlib/base64.h"

namespace alloy::discovery::gce {
namespace {

constexpr Duration renewal_margin = 4min;
constexpr Duration request_timeout = 30s;

std::string base64_url(std::string_view bytes) {
  std::string text = stdlib::encode_base64(bytes, stdlib::Base64Alphabet::url);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

}  // namespace

std::string default_credentials_file() {
  if (const char* path = std::getenv("GOOGLE_APPLICATION_CREDENTIALS"); path != nullptr && *path)
    return path;
  const char* home = std::getenv("HOME");
  const std::string known = std::string(home == nullptr ? "" : home) +
                            "/.config/gcloud/application_default_credentials.json";
  return access(known.c_str(), R_OK) == 0 ? known : std::string();
}

Result<std::string> sign_assertion(const Assertion& assertion) {
  std::string claims = "{";
  const auto add = [&](std::string_view name, std::string_view value) {
    append_json_string(claims, name);
    claims += ":";
    append_json_string(claims, value);
    claims += ",";
  };
  add("iss", assertion.account);
  add("scope", assertion.scope);
  add("aud", assertion.token_url);
  constexpr int64_t lifetime = 3600;
  claims += fmt::format("\"iat\":{},\"exp\":{}}}", assertion.issued_seconds,
                        assertion.issued_seconds + lifetime);
  const std::string text = base64_url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64_url(claims);
  TRY(const auto signature, net::sign_rs256(text, assertion.key_pem));
  return text + "." + base64_url(signature);
}

Task<Result<net::Response>> TokenSource::post(std::string url, std::string body, StopToken stop) {
  net::Request request{
      .method = "POST", .url = std::move(url), .body = body, .timeout = request_timeout};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  co_return co_await client_->fetch(std::move(request), std::move(stop));
}

Task<Result<net::Response>> TokenSource::ask_with_file(std::string path, StopToken stop) {
  CO_TRY(const auto text,
         co_await run_blocking(context_.executor.blocking(), [path] { return read_file(path); }));
  CO_TRY(const auto document, JsonDocument::parse(text));
  const JsonNode root = document.root();
  const auto type = root["type"].text();
  const std::string url(root["token_uri"] ? root["token_uri"].text()
                                          : "https://oauth2.googleapis.com/token");
  if (type == "service_account") {
    CO_TRY(const auto assertion,
           sign_assertion({.account = root["client_email"].text(),
                           .key_pem = root["private_key"].text(),
                           .token_url = url,
                           .scope = scope_,
                           .issued_seconds = to_unix_milliseconds(context_.clock.wall()) / 1000}));
    co_return co_await post(
        url,
        net::encode_query({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                           {"assertion", assertion}}),
        std::move(stop));
  }
  if (type == "authorized_user")
    co_return co_await post(
        url,
        net::encode_query({{"grant_type", "refresh_token"},
                           {"client_id", std::string(root["client_id"].text())},
                           {"client_secret", std::string(root["client_secret"].text())},
                           {"refresh_token", std::string(root["refresh_token"].text())}}),
        std::move(stop));
  co_return fail(fmt::format("credentials of type {} are not supported", quote(type)));
}

Task<Result<net::Response>> TokenSource::ask(StopToken stop) {
  const std::string file = default_credentials_file();
  if (!file.empty()) co_return co_await ask_with_file(file, std::move(stop));
  net::Request request{.url =
                           "http://metadata.google.internal/computeMetadata/v1/instance/"
                           "service-accounts/default/token",
                       .timeout = request_timeout};
  request.headers.add("Metadata-Flavor", "Google");
  co_return co_await client_->fetch(std::move(request), std::move(stop));
}

Task<Result<std::string>> TokenSource::authorization(StopToken stop) {
  if (expires_ && context_.clock.steady() + renewal_margin < *expires_) co_return authorization_;
  CO_TRY(const auto response, co_await ask(std::move(stop)));
  if (!response.is_success())
    co_return fail(fmt::format("getting a token: {}: {}", response.status_line, response.body));
  CO_TRY(const auto document, JsonDocument::parse(response.body));
  authorization_ = "Bearer " + std::string(document.root()["access_token"].text());
  expires_ =
      context_.clock.steady() + std::chrono::seconds(document.root()["expires_in"].integer());
  CO_TRY(document.check());
  co_return authorization_;
}

}  // namespace alloy::discovery::gce
