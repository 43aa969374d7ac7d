#include "components/shared/rules/ruler_api.h"

#include "base/text.h"
#include "net/url.h"
#include "services/identity.h"

namespace alloy::rules {
namespace {

constexpr Duration request_timeout = 30s;
constexpr size_t message_bytes_max = 512;

std::string first_line(std::string_view body) {
  body = body.substr(0, message_bytes_max);
  return std::string(trim(body.substr(0, body.find('\n')), "\r"));
}

}  // namespace

Result<std::shared_ptr<RulerApi>> RulerApi::create(const Options& options,
                                                   const HttpClientArguments& http,
                                                   Settings settings) {
  TRY(net::parse_url(settings.address));
  const auto* identity = options.services.find<Identity>();
  TRY(auto client,
      net::HttpClient::create(options.executor.any(),
                              http.options(identity != nullptr ? identity->user_agent : "Alloy")));
  while (settings.address.ends_with('/')) settings.address.pop_back();
  return std::shared_ptr<RulerApi>(new RulerApi(options, std::move(settings), std::move(client)));
}

void RulerApi::observe(const RulerRequest& request, std::string status, SteadyTime begin) {
  const std::chrono::duration<double> took = options_.clock.steady() - begin;
  options_.metrics
      .histogram(settings_.metric, "Duration of requests to the API.",
                 {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 50, 100},
                 {{"operation", fmt::format("{} {}", request.method, request.operation)},
                  {"status_code", std::move(status)}})
      .observe(took.count());
}

Task<Result<std::string>> RulerApi::ask(RulerRequest request, StopToken stop) {
  net::Request sent{.method = std::string(request.method),
                    .url = settings_.address + request.path,
                    .body = request.body,
                    .timeout = request_timeout};
  if (!settings_.tenant_id.empty()) sent.headers.add("X-Scope-OrgID", settings_.tenant_id);
  const SteadyTime begin = options_.clock.steady();
  auto response = co_await http_->fetch(std::move(sent), std::move(stop));
  observe(request, response ? std::to_string(response->status) : "error", begin);
  if (!response) co_return std::unexpected(std::move(response).error());
  if (response->is_success()) co_return std::move(response->body);
  constexpr int not_found = 404;
  constexpr int too_many = 429;
  if (response->status == not_found && settings_.missing_is_empty) co_return std::string();
  const bool is_final = response->status / 100 == 4 && response->status != too_many;
  const std::string line = first_line(response->body);
  co_return fail(
      fmt::format("error {} {}: {}server returned HTTP status {}{}{}", request.method, request.path,
                  is_final && !settings_.missing_is_empty ? "unrecoverable error response: " : "",
                  response->status_line, line.empty() ? "" : ": ", line),
      is_final ? ErrorKind::invalid : ErrorKind::failed);
}

}  // namespace alloy::rules
