// discovery.http asks a URL for lists of targets.
#include "base/text.h"
#include "components/discovery/shared/refresh.h"
#include "components/shared/http_client_arguments.h"
#include "components/shared/target_group_text.h"
#include "net/http_client.h"

namespace alloy::discovery::http {
namespace {

struct Arguments {
  HttpClientArguments client;
  Duration refresh_interval = 1min;
  UrlArgument url;

  static constexpr auto schema() {
    return fields(
        inlined<&Arguments::client>(),
        optional<&Arguments::refresh_interval>("refresh_interval", "How often to ask."),
        required<&Arguments::url>("url", "The URL that answers with target groups in JSON."));
  }
  Result<> validate() {
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

bool is_json(std::string_view content_type) {
  content_type = trim(content_type);
  const size_t semicolon = content_type.find(';');
  if (!net::equals_ignoring_case(content_type.substr(0, semicolon), "application/json"))
    return false;
  if (semicolon == std::string_view::npos) return true;
  const auto parameter = trim(content_type.substr(semicolon + 1));
  return net::equals_ignoring_case(parameter, "charset=utf-8") ||
         net::equals_ignoring_case(parameter, "charset=\"utf-8\"");
}

class Http final : public RefreshDiscoverer {
 public:
  Http(std::string url, Duration interval, std::unique_ptr<net::HttpClient> client,
       const DiscoveryContext& context)
      : RefreshDiscoverer("http", interval, context),
        url_(std::move(url)),
        client_(std::move(client)),
        failures_(context.metrics.counter("prometheus_sd_http_failures_total",
                                          "Number of HTTP service discovery refresh failures.")) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::vector<TargetGroup>>> ask(StopToken stop);

  std::string url_;
  std::unique_ptr<net::HttpClient> client_;
  Counter& failures_;
};

Task<Result<std::vector<TargetGroup>>> Http::refresh(StopToken stop) {
  auto groups = co_await ask(stop);
  if (!groups && !stop.stop_requested()) failures_.add();
  co_return groups;
}

Task<Result<std::vector<TargetGroup>>> Http::ask(StopToken stop) {
  net::Request request{.url = url_, .timeout = interval()};
  request.headers.add("Accept", "application/json");
  request.headers.add("X-Prometheus-Refresh-Interval-Seconds",
                      format_double(std::chrono::duration<double>(interval()).count()));
  CO_TRY(const auto response, co_await client_->fetch(std::move(request), stop));
  if (response.status != 200)
    co_return fail(fmt::format("server returned HTTP status {}", response.status_line));
  const auto content_type = response.headers.get("Content-Type");
  if (!is_json(content_type))
    co_return fail(fmt::format("unsupported content type {}", quote(content_type)));
  co_return read_json_groups(response.body, {.label = "__meta_url", .value = url_});
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, net::HttpClient::create(context.executor.any(),
                                           arguments.client.options(context.user_agent)));
  return std::make_unique<Http>(std::move(arguments.url.text), arguments.refresh_interval,
                                std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::http

namespace alloy {

extern const ComponentType discovery_http;
const ComponentType discovery_http = {
    .name = "discovery.http",
    .doc = "Discovers targets by asking an HTTP server for them.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::http::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::http::Arguments, discovery::http::make>>,
};

}  // namespace alloy
