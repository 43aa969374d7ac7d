#include "components/shared/own_http_server.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

namespace alloy {

// Readable after the server has gone: the last one's figures are then zero.
struct OwnHttpServer::Metrics {
  Metrics(MetricRegistry& registry, std::string name_prefix)
      : registry(registry), prefix(std::move(name_prefix)) {}

  MetricRegistry& registry;
  const std::string prefix;
  std::mutex mutex;  // Guards everything below.
  const net::HttpServer* server = nullptr;
  unsigned connections_max = 0;
  bool refuses = false;  // The last push was refused.

  void set(const net::HttpServer* now, unsigned limit) {
    const std::lock_guard lock(mutex);
    server = now;
    connections_max = limit;
  }
  // Notes whether a push is refused; true: that has changed.
  bool note(bool is_refused) {
    if (is_refused) {
      registry
          .counter("alloy_requests_shed_total",
                   "Requests refused because the program was short of memory.",
                   {{"reason", "memory"}})
          .add();
    }
    const std::lock_guard lock(mutex);
    return std::exchange(refuses, is_refused) != is_refused;
  }
  void observe(const net::RequestRecord& record);
};

struct OwnHttpServer::Running {
  explicit Running(const AnyExecutor& executor) : tasks(executor) {}

  std::unique_ptr<net::HttpServer> server;
  StopSource stop;
  TaskGroup tasks;
};

namespace {

// How soon a sender may try again, in seconds.
constexpr std::string_view retry_after = "5";

Task<net::ServerResponse> refuse() {
  auto response = net::text_response(503, "short of memory, try again later");
  response.headers.set("Retry-After", std::string(retry_after));
  co_return response;
}

// As dskit names what is asked for: without the slashes around it.
std::string route_of(std::string_view path) {
  std::string route;
  for (const char c : path) {
    if (c == '/' || c == '.' || c == '-') {
      if (!route.empty() && route.back() != '_') route += '_';
    } else {
      route += c;
    }
  }
  return route;
}

std::string_view method_of(std::string_view method) {
  constexpr std::string_view known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::ranges::find(known, method) == std::end(known) ? "other" : method;
}

}  // namespace

// Nobody can make up series: only what is there has a route of its own.
void OwnHttpServer::Metrics::observe(const net::RequestRecord& record) {
  const std::string route = record.status == 404 ? "notfound" : route_of(record.path);
  registry
      .histogram(prefix + "_request_duration_seconds", "How long requests took, in seconds.",
                 default_buckets(),
                 {{"method", std::string(method_of(record.method))},
                  {"route", route},
                  {"status_code", fmt::format("{}", record.status)},
                  {"ws", "false"}})
      .observe(std::chrono::duration<double>(record.duration).count());
}

OwnHttpServer::OwnHttpServer(const Options& options, std::string prefix)
    : executor_(options.executor.any()),
      memory_(options.services.find<MemoryBudget>()),
      host_(options.host),
      metrics_(std::make_shared<Metrics>(options.metrics, std::move(prefix))) {
  const auto gauge = [&](std::string_view name, std::string_view help,
                         double (*read)(const Metrics&), MetricLabels labels) {
    options.metrics.function(
        metrics_->prefix + std::string(name), help, MetricType::gauge,
        [metrics = metrics_, read] {
          const std::lock_guard lock(metrics->mutex);
          return metrics->server == nullptr ? 0 : read(*metrics);
        },
        std::move(labels));
  };
  gauge("_tcp_connections", "Connections that are open.",
        [](const Metrics& m) {
          return static_cast<double>(m.server->stats().connections_open.load());
        },
        {{"protocol", "http"}});
  gauge("_tcp_connections_limit", "The most connections that may be open.",
        [](const Metrics& m) { return static_cast<double>(m.connections_max); },
        {{"protocol", "http"}});
  gauge("_inflight_requests", "Requests that are being answered.",
        [](const Metrics& m) {
          return static_cast<double>(m.server->stats().requests_in_flight.load());
        },
        {});
}

OwnHttpServer::~OwnHttpServer() { metrics_->set(nullptr, 0); }

Result<> OwnHttpServer::listen(const HttpServerArguments& arguments, net::Handler handler) {
  TRY(auto options, arguments.options());
  options.on_request = [metrics = metrics_](const net::RequestRecord& record) {
    metrics->observe(record);
  };
  const unsigned limit = options.connections_max;
  auto next = std::make_unique<Running>(executor_);
  TRY(next->server, net::HttpServer::create(executor_, std::move(options),
                                            refusing_when_full(std::move(handler))));
  retire();
  current_ = std::move(next);
  arguments_ = arguments;
  metrics_->set(current_->server.get(), limit);
  if (is_started_) serve();
  return {};
}

net::Handler OwnHttpServer::refusing_when_full(net::Handler handler) {
  if (memory_ == nullptr || memory_->limit() == 0) return handler;
  return [=, this, metrics = metrics_](net::ServerRequest request) -> Task<net::ServerResponse> {
    const bool is_push = request.method == "POST" || request.method == "PUT";
    const bool is_refused = is_push && memory_->is_at_least(MemoryLevel::high);
    if (is_push && metrics->note(is_refused)) {
      if (is_refused) {
        host_.set_health(HealthState::unhealthy, "requests are refused: memory is short");
      } else {
        host_.set_health(HealthState::healthy, "requests are taken again");
      }
    }
    return is_refused ? refuse() : handler(std::move(request));
  };
}

void OwnHttpServer::serve() {
  current_->tasks.spawn(current_->server->run(current_->stop.get_token()));
}

void OwnHttpServer::retire() {
  if (!current_) return;
  metrics_->set(nullptr, 0);
  arguments_.reset();
  current_->stop.request_stop();
  retired_.push_back(std::move(current_));
}

Task<Result<>> OwnHttpServer::update(HttpServerArguments arguments, net::Handler handler) {
  if (arguments_ == arguments) co_return Result<>();
  std::erase_if(retired_, [](const auto& running) { return running->tasks.running() == 0; });
  auto listening = listen(arguments, handler);
  if (listening || !current_) co_return listening;
  // The old one may be in the way.
  retire();
  for (const auto& running : retired_) co_await running->tasks.join();
  retired_.clear();
  co_return listen(arguments, std::move(handler));
}

void OwnHttpServer::start() {
  is_started_ = true;
  if (current_) serve();
}

Task<> OwnHttpServer::stop() {
  is_started_ = false;
  retire();
  for (const auto& running : retired_) co_await running->tasks.join();
  retired_.clear();
}

std::string OwnHttpServer::address() const { return current_ ? current_->server->address() : ""; }

}  // namespace alloy
