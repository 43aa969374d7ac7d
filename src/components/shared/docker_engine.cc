// Docker's HTTP API.
#include "components/shared/docker_engine.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "net/url.h"

namespace alloy {
namespace {

// The newest version that we know, and the one to begin with where the engine names none.
constexpr std::string_view version_max = "1.51";
constexpr std::string_view version_oldest = "1.24";

bool is_newer(std::string_view left, std::string_view right) {
  const auto number = [](std::string_view version) {
    const size_t dot = version.find('.');
    return std::pair(std::atoi(std::string(version.substr(0, dot)).c_str()),
                     dot == std::string_view::npos
                         ? 0
                         : std::atoi(std::string(version.substr(dot + 1)).c_str()));
  };
  return number(left) > number(right);
}

}  // namespace

Error docker_engine_error(int status, std::string_view status_line, std::string_view body) {
  const auto document = JsonDocument::parse(body);
  const bool is_object = document && document->root().is_object();
  const std::string_view message = is_object ? document->root()["message"].text() : "";
  return Error(
      fmt::format("Error response from daemon: {}", message.empty() ? status_line : message),
      status == 404 ? ErrorKind::not_found : ErrorKind::failed);
}

Result<DockerEngine> DockerEngine::create(const std::string& host,
                                          const HttpClientArguments& arguments, Duration timeout,
                                          std::string user_agent, const AnyExecutor& executor) {
  TRY(const net::Url url, net::parse_url(host));
  net::HttpClientOptions options = arguments.options(std::move(user_agent));
  std::string base = host;
  if (url.scheme == "unix") {
    options.unix_socket = url.path;
    base = "http://localhost";
  } else if (url.scheme == "tcp") {
    // An engine that listens with TLS says so by its certificate.
    base = (arguments.tls ? "https://" : "http://") + url.host;
  } else if (url.scheme != "http" && url.scheme != "https") {
    return fail(fmt::format("unable to parse docker host {}", quote(host)), ErrorKind::invalid);
  }
  while (base.ends_with('/')) base.pop_back();
  TRY(auto client, net::HttpClient::create(executor, std::move(options)));
  return DockerEngine(std::move(base), timeout, std::move(client));
}

Task<Result<>> DockerEngine::agree_on_version(StopToken stop) {
  if (version_) co_return Result<>();
  net::Request request{.method = "HEAD", .url = url_ + "/_ping", .timeout = timeout_};
  CO_TRY(const auto response, co_await client_->fetch(std::move(request), std::move(stop)));
  const auto version = response.headers.get("Api-Version");
  version_ = version.empty()                  ? version_oldest
             : is_newer(version, version_max) ? version_max
                                              : version;
  co_return Result<>();
}

Task<Result<std::string>> DockerEngine::url_of(std::string path, StopToken stop) {
  CO_TRY(co_await agree_on_version(std::move(stop)));
  co_return fmt::format("{}/v{}{}", url_, *version_, path);
}

Task<Result<JsonDocument>> DockerEngine::get(std::string path, StopToken stop) {
  CO_TRY(std::string url, co_await url_of(std::move(path), stop));
  net::Request request{.url = std::move(url), .timeout = timeout_};
  CO_TRY(const auto response, co_await client_->fetch(std::move(request), std::move(stop)));
  if (response.status != 200)
    co_return std::unexpected(
        docker_engine_error(response.status, response.status_line, response.body));
  co_return JsonDocument::parse(response.body);
}

}  // namespace alloy
