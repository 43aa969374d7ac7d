// The chain of sources of credentials.
#include "components/shared/aws/credentials.h"

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "components/shared/json.h"
#include "components/shared/xml.h"

namespace alloy::aws {
namespace {

constexpr Duration renewal_margin = 5min;
constexpr Duration request_timeout = 10s;
constexpr std::string_view machine_address = "http://169.254.169.254";
constexpr std::string_view container_address = "http://169.254.170.2";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string profile_file(const char* path_variable, std::string_view name) {
  const std::string path = variable(path_variable);
  return path.empty() ? variable("HOME") + "/.aws/" + std::string(name) : path;
}

std::string chosen_profile(const std::string& profile) {
  if (!profile.empty()) return profile;
  const std::string from_environment = variable("AWS_PROFILE");
  return from_environment.empty() ? "default" : from_environment;
}

std::string entry(const ProfileEntries& entries, std::string_view name) {
  for (const auto& [key, value] : entries)
    if (key == name) return value;
  return {};
}

// The profile from both files, credentials first.
ProfileEntries read_profile(const std::string& name) {
  ProfileEntries all;
  const auto add = [&](const std::string& path, const std::string& section) {
    const auto text = read_file(path);
    if (!text) return;
    if (auto entries = find_profile(*text, section))
      all.insert(all.end(), entries->begin(), entries->end());
  };
  add(profile_file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), name);
  add(profile_file("AWS_CONFIG_FILE", "config"), name == "default" ? name : "profile " + name);
  return all;
}

std::optional<Credentials> credentials_of(const ProfileEntries& profile) {
  Credentials found{.access_key = entry(profile, "aws_access_key_id"),
                    .secret_key = entry(profile, "aws_secret_access_key"),
                    .session_token = entry(profile, "aws_session_token")};
  if (found.access_key.empty() || found.secret_key.empty()) return std::nullopt;
  return found;
}

// "2024-01-02T03:04:05Z"; with a fraction at will.
std::optional<WallTime> parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(std::string(text).c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour,
                  &minute, &second) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

std::string sts_url(const std::string& region, bool use_fips_endpoint) {
  if (region.empty()) return "https://sts.amazonaws.com/";
  return fmt::format("https://sts{}.{}.amazonaws.com/", use_fips_endpoint ? "-fips" : "", region);
}

}  // namespace

std::optional<ProfileEntries> find_profile(std::string_view text, std::string_view profile) {
  std::optional<ProfileEntries> entries;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      if (entries) break;
      if (trim(trim(line, "[]")) == profile) entries.emplace();
      continue;
    }
    const size_t equals = line.find('=');
    if (!entries || equals == std::string_view::npos) continue;
    entries->emplace_back(trim(line.substr(0, equals)), trim(line.substr(equals + 1)));
  }
  return entries;
}

std::string configured_region(const std::string& profile) {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (std::string region = variable(name); !region.empty()) return region;
  return entry(read_profile(chosen_profile(profile)), "region");
}

bool is_on_aws() {
  for (const char* path : {"/sys/devices/virtual/dmi/id/sys_vendor",
                           "/sys/devices/virtual/dmi/id/board_vendor", "/sys/hypervisor/uuid"})
    if (const auto text = read_file(path))
      if (text->contains("Amazon") || text->starts_with("ec2")) return true;
  return false;
}

Result<std::unique_ptr<CredentialSource>> CredentialSource::create(CredentialOptions options,
                                                                   Executor& executor,
                                                                   Clock& clock) {
  std::unique_ptr<CredentialSource> source(
      new CredentialSource(std::move(options), executor, clock));
  TRY(source->client_, net::HttpClient::create(executor.any(), {}));
  return source;
}

Task<Result<Credentials>> CredentialSource::get(StopToken stop) {
  if (clock_.wall() + renewal_margin < expires_) co_return current_;
  CO_TRY(auto found, co_await find(stop));
  if (!options_.role_arn.empty()) {
    CO_TRY(found, co_await assume_role(found.credentials, stop));
  }
  current_ = found.credentials;
  expires_ = found.expires.value_or(WallTime::max());
  co_return current_;
}

Task<Result<CredentialSource::Timed>> CredentialSource::find(StopToken stop) {
  if (!options_.access_key.empty() && !options_.secret_key.empty())
    co_return Timed{{options_.access_key, options_.secret_key, ""}, std::nullopt};
  const Credentials from_environment{.access_key = variable("AWS_ACCESS_KEY_ID"),
                                     .secret_key = variable("AWS_SECRET_ACCESS_KEY"),
                                     .session_token = variable("AWS_SESSION_TOKEN")};
  if (options_.profile.empty() && !from_environment.access_key.empty())
    co_return Timed{from_environment, std::nullopt};
  const auto profile = co_await run_blocking(
      executor_.blocking(),
      [name = chosen_profile(options_.profile)] { return read_profile(name); });
  if (const auto found = credentials_of(profile)) co_return Timed{*found, std::nullopt};
  if (!options_.profile.empty())
    co_return fail(fmt::format("profile {} has no credentials", quote(options_.profile)));
  if (const auto file = variable("AWS_WEB_IDENTITY_TOKEN_FILE"); !file.empty())
    co_return co_await from_web_identity(file, std::move(stop));
  if (const auto path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !path.empty())
    co_return co_await from_container(std::string(container_address) + path, std::move(stop));
  if (const auto url = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"); !url.empty())
    co_return co_await from_container(url, std::move(stop));
  co_return co_await from_machine(std::move(stop));
}

Task<Result<net::Response>> CredentialSource::fetch(net::Request request, StopToken stop) {
  request.timeout = request_timeout;
  co_return co_await client_->fetch(std::move(request), std::move(stop));
}

Result<CredentialSource::Timed> CredentialSource::read_json_answer(std::string_view body) const {
  TRY(const auto document, JsonDocument::parse(body));
  const JsonNode root = document.root();
  Timed timed{{.access_key = std::string(root["AccessKeyId"].text()),
               .secret_key = std::string(root["SecretAccessKey"].text()),
               .session_token = std::string(root["Token"].text())},
              parse_time(root["Expiration"].text())};
  TRY(document.check());
  if (timed.credentials.access_key.empty()) return fail("the answer has no credentials");
  return timed;
}

Result<CredentialSource::Timed> CredentialSource::read_sts_answer(const net::Response& response,
                                                                  std::string_view action) const {
  TRY(const auto root, parse_xml(response.body));
  if (!response.is_success()) {
    const XmlElement& error = root["Error"];
    return fail(fmt::format("{}: {}: {}", action, error["Code"].text, error["Message"].text));
  }
  const XmlElement& found = root[fmt::format("{}Result", action)]["Credentials"];
  return Timed{{.access_key = found["AccessKeyId"].text,
                .secret_key = found["SecretAccessKey"].text,
                .session_token = found["SessionToken"].text},
               parse_time(found["Expiration"].text)};
}

Task<Result<CredentialSource::Timed>> CredentialSource::from_web_identity(std::string token_file,
                                                                          StopToken stop) {
  CO_TRY(const auto token, co_await run_blocking(executor_.blocking(),
                                                 [token_file] { return read_file(token_file); }));
  std::string session = variable("AWS_ROLE_SESSION_NAME");
  if (session.empty()) session = "alloy";
  const std::string body = net::encode_query({{"Action", "AssumeRoleWithWebIdentity"},
                                              {"Version", "2011-06-15"},
                                              {"RoleArn", variable("AWS_ROLE_ARN")},
                                              {"RoleSessionName", session},
                                              {"WebIdentityToken", std::string(trim(token))}});
  net::Request request{
      .method = "POST", .url = sts_url(options_.region, options_.use_fips_endpoint), .body = body};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  CO_TRY(const auto response, co_await fetch(std::move(request), std::move(stop)));
  co_return read_sts_answer(response, "AssumeRoleWithWebIdentity");
}

Task<Result<CredentialSource::Timed>> CredentialSource::from_container(std::string url,
                                                                       StopToken stop) {
  net::Request request{.url = std::move(url)};
  std::string token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
    CO_TRY(token, co_await run_blocking(executor_.blocking(), [file] { return read_file(file); }));
  }
  if (!token.empty()) request.headers.add("Authorization", std::string(trim(token)));
  CO_TRY(const auto response, co_await fetch(std::move(request), std::move(stop)));
  if (!response.is_success())
    co_return fail("asking the container for credentials: " + response.status_line);
  co_return read_json_answer(response.body);
}

Task<Result<std::string>> CredentialSource::metadata(std::string path, StopToken stop) {
  net::Request ask_token{.method = "PUT",
                         .url = std::string(machine_address) + "/latest/api/token"};
  ask_token.headers.add("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300");
  CO_TRY(const auto token, co_await fetch(std::move(ask_token), stop));
  net::Request request{.url = std::string(machine_address) + path};
  if (token.is_success()) request.headers.add("X-Aws-Ec2-Metadata-Token", token.body);
  CO_TRY(auto response, co_await fetch(std::move(request), std::move(stop)));
  if (!response.is_success())
    co_return fail(fmt::format("asking the machine for {}: {}", path, response.status_line));
  co_return std::move(response.body);
}

Task<Result<CredentialSource::Timed>> CredentialSource::from_machine(StopToken stop) {
  if (!is_on_aws()) co_return fail("no credentials for AWS were found");
  const std::string folder = "/latest/meta-data/iam/security-credentials/";
  CO_TRY(const auto roles, co_await metadata(folder, stop));
  const std::string role(trim(roles.substr(0, roles.find('\n'))));
  CO_TRY(const auto body, co_await metadata(folder + role, std::move(stop)));
  co_return read_json_answer(body);
}

Task<Result<std::string>> CredentialSource::find_region(StopToken stop) {
  CO_TRY(const auto region,
         co_await metadata("/latest/meta-data/placement/region", std::move(stop)));
  co_return std::string(trim(region));
}

Task<Result<CredentialSource::Timed>> CredentialSource::assume_role(Credentials own,
                                                                    StopToken stop) {
  std::multimap<std::string, std::string> parameters = {{"Action", "AssumeRole"},
                                                        {"Version", "2011-06-15"},
                                                        {"RoleArn", options_.role_arn},
                                                        {"RoleSessionName", "alloy"}};
  if (!options_.external_id.empty()) parameters.emplace("ExternalId", options_.external_id);
  const std::string body = net::encode_query(parameters);
  const std::string address = sts_url(options_.region, options_.use_fips_endpoint);
  CO_TRY(const auto url, net::parse_url(address));
  net::Request request{.method = "POST", .url = address, .body = body};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  const std::string region = options_.region.empty() ? "us-east-1" : options_.region;
  for (const net::Header& header : sign({.method = "POST",
                                         .url = url,
                                         .headers = request.headers,
                                         .body = body,
                                         .region = region,
                                         .service = "sts"},
                                        own, clock_.wall()))
    request.headers.set(header.name, header.value);
  CO_TRY(const auto response, co_await fetch(std::move(request), std::move(stop)));
  co_return read_sts_answer(response, "AssumeRole");
}

}  // namespace alloy::aws
