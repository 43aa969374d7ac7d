#include "app/remotecfg/client.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/clock.h"

namespace alloy::app::remotecfg {
namespace {

constexpr Duration call_timeout = 30s;
constexpr Duration unregister_timeout = 1s;
constexpr size_t answer_bytes_max = 64 << 20;

// The code that Connect gives to an answer without one of its own.
std::string_view code_of_status(int status) {
  switch (status) {
    case 400:
      return "internal";
    case 401:
      return "unauthenticated";
    case 403:
      return "permission_denied";
    case 404:
      return "unimplemented";
    case 429:
    case 502:
    case 503:
    case 504:
      return "unavailable";
    default:
      return "unknown";
  }
}

// {"code":"unavailable","message":"come back later"} where the server speaks the protocol.
Error error_of(const net::Response& response) {
  simdjson::dom::parser parser;
  simdjson::dom::element body;
  std::string_view code;
  std::string_view message;
  if (response.headers.get("Content-Type").starts_with("application/json") &&
      parser.parse(response.body).get(body) == simdjson::SUCCESS &&
      body["code"].get(code) == simdjson::SUCCESS) {
    (void)body["message"].get(message);
    return Error(fmt::format("{}: {}", code, message));
  }
  return Error(fmt::format("{}: {}", code_of_status(response.status), response.status_line));
}

// Without the `Post "url": ` in front, and with the code that Connect gives it.
Error unavailable(const Error& error) {
  std::string_view message = error.message();
  if (message.starts_with("Post \""))
    if (const size_t end = message.find("\": "); end != message.npos)
      message.remove_prefix(end + 3);
  const auto code = error.kind() == ErrorKind::timeout ? "deadline_exceeded" : "unavailable";
  return Error(fmt::format("{}: {}", code, message), error.kind());
}

}  // namespace

Client::Client(std::unique_ptr<net::HttpClient> http, std::string url, Histogram& request_seconds)
    : http_(std::move(http)), url_(std::move(url)), request_seconds_(request_seconds) {
  while (url_.ends_with('/')) url_.pop_back();
}

Task<Result<std::string>> Client::call(std::string procedure, std::string body, Duration timeout,
                                       StopToken stop) {
  net::Request request{
      .method = "POST",
      .url = fmt::format("{}/collector.v1.CollectorService/{}", url_, procedure),
      .headers = {{"Content-Type", "application/proto"}, {"Connect-Protocol-Version", "1"}},
      .body = body,
      .timeout = timeout,
      .body_size_max = answer_bytes_max};
  auto response = co_await http_->fetch(std::move(request), stop);
  if (!response) co_return std::unexpected(unavailable(response.error()));
  if (response->status != 200) co_return std::unexpected(error_of(*response));
  co_return std::move(response->body);
}

Task<Result<void>> Client::register_collector(Collector collector, StopToken stop) {
  CO_TRY(co_await call("RegisterCollector", encode_register(collector), call_timeout, stop));
  co_return Result<void>();
}

Task<Result<ConfigAnswer>> Client::get_config(Collector collector, ConfigRequest request,
                                              StopToken stop) {
  const SteadyTime began = real_clock().steady();
  auto answer =
      co_await call("GetConfig", encode_get_config(collector, request), call_timeout, stop);
  request_seconds_.observe(std::chrono::duration<double>(real_clock().steady() - began).count());
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return decode_config_answer(*answer);
}

Task<Result<void>> Client::unregister_collector(Collector collector, StopToken stop) {
  CO_TRY(
      co_await call("UnregisterCollector", encode_unregister(collector), unregister_timeout, stop));
  co_return Result<void>();
}

}  // namespace alloy::app::remotecfg
