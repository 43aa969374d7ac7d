#include "services/http_service.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include <fmt/format.h>

#include "cluster/http_transport.h"
#include "net/http_server.h"
#include "services/component_routes.h"
#include "services/http_router.h"
#include "services/http_server_metrics.h"
#include "services/live_streams.h"
#include "services/metrics_endpoint.h"
#include "services/pprof_endpoints.h"

namespace alloy {
namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr std::string_view no_support_bundle =
    "support bundle generation is disabled; it can be re-enabled by removing the "
    "--server.http.disable-support-bundle flag";

Task<ServerResponse> ready(ServerResponse response) { co_return response; }

// The UI's path without the slash at its end: "" for the root.
std::string ui_base(std::string prefix) {
  prefix = clean_path("/" + prefix);
  while (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

ServerResponse not_ready() {
  return plain_text(503, "Alloy is not ready.\nThe configuration is still being loaded.\n");
}

// Names the kinds of unhealthy components of the root module, as often as they occur.
ServerResponse health(const ComponentDirectory* directory) {
  std::string unhealthy;
  if (directory != nullptr) {
    const auto components = directory->list_components("");
    if (!components) return net::text_response(500, components.error().message());
    for (const ComponentInfo& component : *components) {
      if (component.health.state != HealthState::unhealthy) continue;
      if (!unhealthy.empty()) unhealthy += ", ";
      unhealthy += component.name;
    }
  }
  if (unhealthy.empty()) return plain_text(200, "All Alloy components are healthy.\n");
  return net::text_response(500, "unhealthy components: " + unhealthy);
}

}  // namespace

struct HttpService::State {
  explicit State(HttpServiceOptions o) : options(std::move(o)) {}

  HttpServiceOptions options;
  std::unique_ptr<net::HttpServer> server;
  HttpRouter router;
  ComponentRoutes component_routes;
  std::atomic<const net::HttpServerStats*> server_stats = nullptr;
  std::atomic<const ComponentDirectory*> directory = nullptr;
  std::atomic<const ComponentDirectory*> remote_directory = nullptr;
  std::atomic<bool> is_open = false;
  std::atomic<bool> is_ready = false;
  StopSource closing;
  mutable std::mutex mutex;  // Guards everything below.
  std::shared_ptr<const HttpAuth> auth;

  void add_routes();
  void add_ui_routes(const std::string& base);
  Task<ServerResponse> reload();
  std::shared_ptr<const HttpAuth> current_auth() const {
    std::lock_guard lock(mutex);
    return auth;
  }
};

Task<ServerResponse> HttpService::State::reload() {
  options.logger.info("reload requested via /-/reload endpoint");
  if (auto done = co_await options.reload(); !done)
    co_return net::text_response(400, done.error().message());
  co_return plain_text(200, "config reloaded\n");
}

void HttpService::State::add_routes() {
  const std::string base = ui_base(options.ui_path_prefix);
  // With the UI at the root, a wrong method falls through to it.
  if (!base.empty()) router.set_wrong_method(HttpRouter::WrongMethod::refused);

  router.add("/-/ready", [this](ServerRequest) {
    return ready(is_ready ? plain_text(200, "Alloy is ready.\n") : not_ready());
  });
  router.add("/-/healthy", [this](ServerRequest) { return ready(health(directory)); });
  router.add("/-/reload", [this](ServerRequest) { return reload(); }, {"GET", "POST"});
  router.add("/-/support",
             [this](ServerRequest request) {
               return options.support_bundle
                          ? support_bundle_response(&*options.support_bundle, std::move(request))
                          : ready(plain_text(403, std::string(no_support_bundle)));
             },
             {"GET"});
  router.add("/metrics", [this](ServerRequest request) {
    return ready(metrics_response(options.metrics, request.headers));
  });
  if (options.enable_pprof) add_pprof_routes(router);
  router.add_prefix(std::string(ComponentRoutes::prefix), [this](ServerRequest request) {
    return component_routes.handle(std::move(request), directory);
  });
  if (options.cluster_transport)
    router.add_prefix(std::string(cluster::transport_path), options.cluster_transport);
  add_ui_routes(base);
}

void HttpService::State::add_ui_routes(const std::string& base) {
  WebApi{.components = [this] { return directory.load(); },
         .remote_components = [this] { return remote_directory.load(); },
         .peers = options.peers}
      .add_routes(router, base);
  LiveStreams{.debugging = options.live_debugging,
              .components = [this] { return directory.load(); },
              .remote_components = [this] { return remote_directory.load(); },
              .closing = closing.get_token()}
      .add_routes(router, base + "/api/v0/web/");
  if (base.empty()) return;
  router.add(base, [base](ServerRequest) {
    ServerResponse response{.status = 302};
    response.headers.set("Location", base + "/");
    response.headers.set("Content-Type", "text/html; charset=utf-8");
    response.body = fmt::format("<a href=\"{}/\">Found</a>.\n\n", base);
    return ready(std::move(response));
  });
}

HttpService::HttpService(HttpServiceOptions options)
    : state_(std::make_shared<State>(std::move(options))) {
  state_->add_routes();
}

HttpService::~HttpService() = default;

Result<> HttpService::listen() {
  net::HttpServerOptions options{.listen_address = state_->options.listen_address};
  options.on_rejected = [logger = state_->options.logger](net::Rejection reason,
                                                          std::string_view remote_address,
                                                          std::string_view detail) {
    const bool is_our_fault = reason == net::Rejection::handler_failed;
    logger.log(is_our_fault ? LogLevel::error : LogLevel::debug, "turned an HTTP client away",
               {{"reason", net::rejection_name(reason)},
                {"remote_addr", remote_address},
                {"err", detail}});
  };
  TRY(state_->server, net::HttpServer::create(
                          state_->options.executor.any(), std::move(options),
                          [this](ServerRequest request) { return answer(std::move(request)); }));
  state_->server_stats = &state_->server->stats();
  return {};
}

void HttpService::register_metrics(MetricRegistry& registry) const {
  register_http_server_metrics(registry, [weak = std::weak_ptr(state_)] {
    const auto state = weak.lock();
    return state ? state->server_stats.load() : nullptr;
  });
}

std::string HttpService::address() const { return state_->server->address(); }

uint16_t HttpService::port() const { return state_->server->port(); }

void HttpService::set_components(const ComponentDirectory& directory,
                                 const ComponentDirectory& remote) {
  state_->directory = &directory;
  state_->remote_directory = &remote;
}

void HttpService::open() { state_->is_open = true; }

void HttpService::set_ready() { state_->is_ready = true; }

Task<> HttpService::run(StopToken stop) {
  const auto state = state_;
  std::stop_callback on_stop(stop, [&state] { state->closing.request_stop(); });
  co_await state->server->run(stop);
}

void HttpService::set_auth(std::optional<HttpAuth> auth) {
  auto shared = auth ? std::make_shared<const HttpAuth>(*std::move(auth)) : nullptr;
  std::lock_guard lock(state_->mutex);
  state_->auth = std::move(shared);
}

Result<> HttpService::set_tls(std::optional<net::TlsServerOptions> tls) {
  return state_->server->set_tls(std::move(tls));
}

Task<ServerResponse> HttpService::answer(ServerRequest request) const {
  if (!state_->is_open) return ready(not_ready());
  const auto auth = state_->current_auth();
  // The other nodes are not the user's clients, and have no credentials to send.
  const bool is_cluster = request.path.starts_with(cluster::transport_path);
  if (auth && !is_cluster && !auth->allows(request)) {
    state_->options.logger.info("failed to authenticate request", {{"path", request.path}});
    ServerResponse refused{.status = 401};
    refused.headers.set("WWW-Authenticate", "Basic realm=\"Restricted\"");
    return ready(std::move(refused));
  }
  return state_->router.handle(std::move(request));
}

const std::string& HttpService::memory_address() const { return state_->options.memory_address; }

std::string HttpService::path_of(std::string_view global_id) const {
  return fmt::format("{}{}/", ComponentRoutes::prefix, global_id);
}

ComponentHttp::Registration HttpService::serve(std::string global_id, net::Handler handler) {
  return state_->component_routes.add(std::move(global_id), std::move(handler));
}

// The process's own requests are nobody's to authenticate.
Task<ServerResponse> HttpService::call(ServerRequest request) {
  return state_->router.handle(std::move(request));
}

}  // namespace alloy
