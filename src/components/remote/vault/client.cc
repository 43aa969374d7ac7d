#include "components/remote/vault/client.h"

#include <algorithm>

#include "base/text.h"
#include "components/shared/json.h"
#include "net/url.h"

namespace alloy::remote::vault {
namespace {

constexpr size_t answer_bytes_max = size_t{64} << 20;

std::string escape_path(std::string_view path) {
  std::string out;
  for (const std::string_view part : split(path, '/'))
    out += (out.empty() ? "" : "/") + net::escape_path_segment(part);
  return out;
}

std::string errors_of(std::string_view body, std::string_view about) {
  std::string out;
  const auto document = JsonDocument::parse(body);
  const bool has_errors = document && document->root()["errors"].is_array();
  if (!has_errors) return fmt::format("{}. Raw Message:\n\n{}", about, body);
  for (const JsonNode error : document->root()["errors"].elements())
    out += fmt::format("* {}", error.scalar_text());
  return fmt::format("{}. Errors:\n\n{}", about, out);
}

bool may_pass(const net::Response& response) {
  return (response.status >= 500 && response.status != 501) || response.status == 412;
}

}  // namespace

Result<Answer> parse_answer(std::string_view body, Wrapping wrapping) {
  TRY(const auto document, JsonDocument::parse(body));
  const JsonNode root = document.root();
  Answer answer{.request_id = std::string(root["request_id"].text()),
                .lease_id = std::string(root["lease_id"].text())};
  const JsonNode auth = root["auth"];
  const JsonNode lease = auth ? auth : root;
  answer.is_renewable = lease["renewable"].boolean();
  answer.lease = std::chrono::seconds(
      std::clamp<int64_t>(lease["lease_duration"].integer(), 0, int64_t{100} * 365 * 86400));
  answer.client_token = auth["client_token"].text();
  const JsonNode data = wrapping == Wrapping::key_value ? root["data"]["data"] : root["data"];
  for (const auto& [name, value] : data.members()) {
    if (value.is_text())
      answer.data.emplace(name, value.text());
    else
      answer.others.emplace_back(name);
  }
  for (const JsonNode warning : root["warnings"].elements())
    answer.warnings.emplace_back(warning.text());
  TRY(document.check());
  return answer;
}

Result<std::unique_ptr<Client>> Client::create(const Arguments& arguments, Executor& executor,
                                               Clock& clock) {
  TRY(net::parse_url(arguments.server));
  std::unique_ptr<Client> client(new Client(arguments, clock));
  while (client->server_.ends_with('/')) client->server_.pop_back();
  TRY(client->client_,
      net::HttpClient::create(executor.any(), {.proxy = {.from_environment = true}}));
  return client;
}

Result<std::string> Client::secret_path(const Arguments& arguments) {
  if (!arguments.key.empty()) return arguments.path + "/data/" + arguments.key;
  const size_t slash = arguments.path.find('/');
  if (slash == std::string::npos)
    return fail(fmt::format("missing mount path in {}", quote(arguments.path)));
  return arguments.path.substr(0, slash) + "/data/" + arguments.path.substr(slash + 1);
}

Task<Result<std::string>> Client::ask(std::string method, Write write, StopToken stop) {
  const std::string url = fmt::format("{}/v1/{}", server_, escape_path(write.path));
  const std::string& name_space = write.name_space.empty() ? name_space_ : write.name_space;
  const std::string& token = write.token.empty() ? token_ : write.token;
  Duration pause = options_.min_retry_wait;
  for (int64_t retries = 0;; ++retries) {
    net::Request request{.method = method,
                         .url = url,
                         .body = write.body,
                         .timeout = options_.timeout,
                         .body_size_max = answer_bytes_max};
    request.headers.add("X-Vault-Request", "true");
    if (!name_space.empty()) request.headers.add("X-Vault-Namespace", name_space);
    if (!token.empty()) request.headers.add("X-Vault-Token", token);
    auto response = co_await client_->fetch(std::move(request), stop);
    if (response && response->is_success()) co_return std::move(response->body);
    const bool is_final = response && !may_pass(*response);
    if (!is_final && retries < options_.max_retries && !stop.stop_requested()) {
      co_await clock_.sleep(pause, stop);
      pause = std::min(pause * 2, options_.max_retry_wait);
      continue;
    }
    if (!response) co_return std::unexpected(std::move(response).error());
    const std::string place = name_space.empty() ? "" : fmt::format("Namespace: {}\n", name_space);
    const std::string about = fmt::format("Error making API request.\n\n{}URL: {} {}\nCode: {}",
                                          place, method, url, response->status);
    co_return fail(errors_of(response->body, about),
                   response->status == 404 ? ErrorKind::not_found : ErrorKind::invalid);
  }
}

Task<Result<Answer>> Client::read_secret(std::string path, StopToken stop) {
  const auto body = co_await ask("GET", {.path = path}, std::move(stop));
  if (!body && body.error().kind() == ErrorKind::not_found)
    co_return fail("secret not found: at " + path, ErrorKind::not_found);
  if (!body) {
    co_return fail(fmt::format("error encountered while reading secret at {}: {}", path,
                               body.error().message()));
  }
  co_return parse_answer(*body, Wrapping::key_value);
}

Task<Result<Answer>> Client::write(Write write, StopToken stop) {
  CO_TRY(const auto body, co_await ask("PUT", std::move(write), std::move(stop)));
  co_return parse_answer(body, Wrapping::none);
}

}  // namespace alloy::remote::vault
