#include "components/shared/cloud_tokens/google.h"

#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "components/shared/json.h"
#include "net/authorization.h"
#include "net/signing.h"
#include "net/url.h"

namespace alloy::cloud_tokens {

namespace {

constexpr std::string_view token_url_usual = "https://oauth2.googleapis.com/token";
constexpr std::string_view jwt_grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// RFC 4648, section 5, without padding.
std::string encode_base64_url(std::string_view bytes) {
  std::string text = net::encode_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

TokenRequest ask(std::string url, const std::multimap<std::string, std::string>& form) {
  return {.url = std::move(url),
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
          .body = net::encode_query(form)};
}

Result<TokenRequest> ask_as_service_account(const JsonNode& key, std::string_view scope,
                                            WallTime now) {
  std::string url(key["token_uri"].text());
  if (url.empty()) url = token_url_usual;
  const int64_t seconds = to_unix_milliseconds(now) / 1000;
  std::string header = R"({"alg":"RS256","typ":"JWT")";
  if (const std::string_view id = key["private_key_id"].text(); !id.empty()) {
    header += R"(,"kid":)";
    append_json_string(header, id);
  }
  header += '}';
  std::string claims = R"({"iss":)";
  append_json_string(claims, key["client_email"].text());
  claims += R"(,"scope":)";
  append_json_string(claims, scope);
  claims += R"(,"aud":)";
  append_json_string(claims, url);
  claims += fmt::format(R"(,"iat":{},"exp":{}}})", seconds, seconds + 3600);
  TRY(std::string assertion, sign_jwt(header, claims, std::string(key["private_key"].text())));
  return ask(std::move(url),
             {{"grant_type", std::string(jwt_grant)}, {"assertion", std::move(assertion)}});
}

TokenRequest ask_as_user(const JsonNode& key) {
  const auto text = [&](std::string_view name) { return std::string(key[name].text()); };
  return ask(std::string(token_url_usual), {{"grant_type", "refresh_token"},
                                            {"client_id", text("client_id")},
                                            {"client_secret", text("client_secret")},
                                            {"refresh_token", text("refresh_token")}});
}

TokenRequest ask_machine() {
  std::string host = environment("GCE_METADATA_HOST");
  if (host.empty()) host = "metadata.google.internal";
  return {.method = "GET",
          .url = fmt::format("http://{}/computeMetadata/v1/instance/service-accounts/default/token",
                             host),
          .headers = {{"Metadata-Flavor", "Google"}},
          .body = {}};
}

// Where Google's clients look; empty: nowhere.
std::string find_credentials_file() {
  if (std::string file = environment("GOOGLE_APPLICATION_CREDENTIALS"); !file.empty()) return file;
  const std::string usual =
      environment("HOME") + "/.config/gcloud/application_default_credentials.json";
  std::error_code ignored;
  return std::filesystem::exists(usual, ignored) ? usual : std::string();
}

}  // namespace

Result<std::string> sign_jwt(std::string_view header_json, std::string_view claims_json,
                             const std::string& private_key) {
  std::string text = encode_base64_url(header_json) + '.' + encode_base64_url(claims_json);
  TRY(const std::string signature, net::sign_rs256(text, private_key));
  return text + '.' + encode_base64_url(signature);
}

Result<TokenRequest> make_google_request(const std::string& credentials_file,
                                         std::string_view scope, WallTime now) {
  const std::string file = credentials_file.empty() ? find_credentials_file() : credentials_file;
  if (file.empty()) return ask_machine();
  TRY(const std::string text, read_file(file));
  TRY(const auto document, JsonDocument::parse(text));
  const JsonNode key = document.root();
  const std::string kind(key["type"].text());
  TRY(document.check());
  if (kind == "service_account") return ask_as_service_account(key, scope, now);
  if (kind == "authorized_user") return ask_as_user(key);
  return fail(
      fmt::format("{}: credentials of type {} are not supported; service_account and "
                  "authorized_user are",
                  file, quote(kind)));
}

}  // namespace alloy::cloud_tokens
