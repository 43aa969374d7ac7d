#include "components/prometheus/shared/operator/operator.h"

#include <set>

#include "base/text.h"
#include "services/component_json.h"

namespace alloy::prometheus::operators {
namespace {

// Secrets are asked for anew so often, since nobody tells when they change.
constexpr Duration secrets_interval = 5min;
// How often jobs that have come to their end are looked for.
constexpr Duration reap_interval = 1min;

Monitor decode_monitor(JsonNode object) {
  Monitor monitor;
  monitor.meta = kubernetes::decode_meta(object);
  monitor.version = object["metadata"]["resourceVersion"].text();
  const JsonNode spec = object["spec"];
  monitor.spec = spec ? spec.minified() : "{}";
  return monitor;
}

constexpr kubernetes::ObjectType monitor_type(std::string_view name, std::string_view prefix,
                                              std::string_view plural) {
  return kubernetes::object_type<Monitor, decode_monitor>(name, prefix, plural);
}

constexpr std::string_view stable = "/apis/monitoring.coreos.com/v1";
constexpr std::string_view alpha = "/apis/monitoring.coreos.com/v1alpha1";
constinit const auto pod_monitor_type = monitor_type("podmonitor", stable, "podmonitors");
constinit const auto service_monitor_type =
    monitor_type("servicemonitor", stable, "servicemonitors");
constinit const auto probe_type = monitor_type("probe", stable, "probes");
constinit const auto scrape_config_type = monitor_type("scrapeconfig", alpha, "scrapeconfigs");

}  // namespace

constinit const MonitorKind pod_monitors = {"podMonitor", "pod monitor", &pod_monitor_type,
                                            jobs_of_pod_monitor};
constinit const MonitorKind service_monitors = {"serviceMonitor", "service monitor",
                                                &service_monitor_type, jobs_of_service_monitor};
constinit const MonitorKind probes = {"probe", "probe", &probe_type, jobs_of_probe};
constinit const MonitorKind scrape_configs = {"scrapeConfig", "scrape config", &scrape_config_type,
                                              jobs_of_scrape_config};

struct Operator::Session {
  std::shared_ptr<const Setup> setup;
  Event news;  // Of targets, or of who shares them.
  std::shared_ptr<kubernetes::ApiClient> client;
  kubernetes::Secrets secrets{client};
  kubernetes::ObjectWatch watch;
  std::unique_ptr<TargetSources> sources;
  std::map<std::string, Known> known;
  SteadyTime secrets_read{};
  bool has_reconciled = false;
};

// What others see of us.
struct Operator::Shown {
  std::mutex mutex;  // Guards everything below.
  std::vector<MonitorInfo> monitors;
  std::map<std::string, std::string> yaml;  // By "namespace/name".
};

Operator::Operator(const MonitorKind& kind, const Options& options)
    : kind_(kind),
      options_(options),
      logger_(options.logger.with({{"kind", std::string(kind.name)}})),
      pools_(options),
      shown_(std::make_shared<Shown>()) {}

void Operator::set_health(HealthState state, std::string message) {
  options_.host.set_health(state, std::move(message));
}

Result<> Operator::update(OperatorArguments arguments, bool allows_files) {
  TRY(arguments.check_stability(options_.stability_min));
  auto setup = std::make_shared<Setup>();
  if (arguments.selector) {
    auto selector = kubernetes::LabelSelector::create(*arguments.selector);
    if (!selector)
      return std::unexpected(std::move(selector).error().with_context("building label selector"));
    setup->selector = *std::move(selector);
  }
  setup->arguments = std::move(arguments);
  setup->allows_files = allows_files;
  setup_ = std::move(setup);
  changed_.notify();
  return {};
}

Task<> Operator::run(StopToken stop) {
  set_health(HealthState::healthy, "");
  ComponentHttp::Registration registration;
  if (auto* http = options_.services.find<ComponentHttp>())
    registration = http->serve(options_.global_id(), make_handler());
  while (co_await changed_.wait(stop) == Wake::notified) {
    const auto setup = setup_;
    pools_.set_receivers(setup->arguments.forward_to);
    StopSource other;
    const std::stop_callback pass_on(stop, [&other] { other.request_stop(); });
    TaskGroup tasks(options_.strand, TaskGroup::Strands::shared);
    tasks.spawn(follow(setup, other.get_token()));
    if (co_await changed_.wait(stop) == Wake::notified) changed_.notify();
    other.request_stop();
    co_await tasks.join();
  }
  co_await pools_.close();
}

// Follows the cluster as one set of arguments says.
Task<> Operator::follow(std::shared_ptr<const Setup> setup, StopToken stop) {
  auto client = kubernetes::ApiClient::create(setup->arguments.client, options_);
  if (!client) {
    const Error error = std::move(client).error().with_context(
        "creating kubernetes client and cache factory: creating rest config");
    logger_.error("error running crd manager", {{"err", error}});
    set_health(HealthState::unhealthy, error.message());
    co_return;
  }
  std::vector<kubernetes::ObjectWatch::Wanted> wanted;
  std::vector<std::string> namespaces = setup->arguments.namespaces;
  if (namespaces.empty()) namespaces.emplace_back();
  for (const std::string& name : namespaces)
    wanted.push_back({.type = kind_.type,
                      .name_space = name,
                      .selectors = {.label = setup->selector.text(), .field = {}},
                      .filter = [setup](const kubernetes::ClusterObject& object) {
                        return setup->selector.matches(object.meta.labels);
                      }});
  Session session{.setup = setup,
                  .news = {},
                  .client = *client,
                  .watch = {*client, std::move(wanted), options_.clock, logger_},
                  .sources = nullptr,
                  .known = {},
                  .secrets_read = options_.clock.steady()};
  session.sources =
      std::make_unique<TargetSources>(options_, *client, [&session] { session.news.notify(); });
  Cluster::Subscription subscription;
  if (auto* cluster = options_.services.find<Cluster>();
      cluster != nullptr && setup->arguments.clustering.enabled)
    subscription = cluster->subscribe([&session] { session.news.notify(); });
  TaskGroup tasks(options_.strand, TaskGroup::Strands::shared);
  tasks.spawn(session.watch.run(stop));
  tasks.spawn(tend(&session, stop));
  const Duration patience = setup->arguments.informer_sync_timeout;
  const SteadyTime deadline = options_.clock.steady() + patience;
  bool has_started = false;
  bool has_told = false;  // That the server is late.
  while (!stop.stop_requested()) {
    const Duration left = std::max<Duration>(deadline - options_.clock.steady(), 0s);
    const Duration pause = has_started || has_told ? reap_interval : left;
    if (!co_await session.watch.next(stop, pause)) break;
    if (!session.watch.is_complete()) {
      if (has_told || options_.clock.steady() < deadline) continue;
      // It goes on, and gets well when the server answers.
      has_told = true;
      const std::string message = fmt::format(
          "failed to configure informers: timeout exceeded while configuring informers. Check the "
          "connection to the Kubernetes API is stable and that Alloy has appropriate RBAC "
          "permissions for {}",
          session.watch.missing());
      logger_.error("error running crd manager", {{"err", message}});
      set_health(HealthState::unhealthy, message);
      continue;
    }
    if (!std::exchange(has_started, true)) {
      logger_.info("informers started");
      set_health(HealthState::healthy, "");
    }
    co_await reconcile(&session, stop);
    pools_.drop_ended();
  }
  co_await tasks.join();
  co_await session.sources->close();
}

// Passes on news of targets.
Task<> Operator::tend(Session* session, StopToken stop) {
  while (co_await session->news.wait(stop) == Wake::notified) distribute(*session);
}

Task<> Operator::reconcile(Session* session, StopToken stop) {
  const kubernetes::ObjectTable& table = session->watch.objects(*kind_.type);
  if (options_.clock.steady() - session->secrets_read > secrets_interval) {
    session->secrets.forget();
    session->secrets_read = options_.clock.steady();
    for (auto& [key, known] : session->known) known.waits_for_secrets = true;
  }
  bool has_changed = !std::exchange(session->has_reconciled, true);
  if (std::erase_if(session->known,
                    [&](const auto& entry) { return !table.contains(entry.first); }) > 0)
    has_changed = true;
  for (const auto& [key, object] : table) {
    Known& known = session->known[key];
    const auto monitor = std::static_pointer_cast<const Monitor>(object);
    if (known.monitor != nullptr && *known.monitor == *monitor && !known.waits_for_secrets)
      continue;
    if (known.monitor == nullptr)
      logger_.info(fmt::format("found {}", kind_.shown_name), {{"name", monitor->meta.name}});
    known.monitor = monitor;
    known.waits_for_secrets = true;
    has_changed = true;
  }
  if (!has_changed) co_return;
  for (auto& [key, known] : session->known) {
    while (known.waits_for_secrets && !stop.stop_requested()) {
      make_jobs(*session, known);
      if (known.waits_for_secrets) co_await kubernetes::Secrets::fetch(&session->secrets, stop);
    }
  }
  if (stop.stop_requested()) co_return;
  std::vector<ScrapeJob> jobs;
  for (const auto& [key, known] : session->known)
    jobs.insert(jobs.end(), known.jobs.begin(), known.jobs.end());
  session->sources->update(jobs);
  pools_.update(jobs, session->setup->arguments.scrape);
  distribute(*session);
  show(*session);
}

void Operator::make_jobs(Session& session, Known& known) {
  MadeJobs made = kind_.make_jobs(*known.monitor, {.arguments = session.setup->arguments,
                                                   .secrets = session.secrets,
                                                   .allows_files = session.setup->allows_files});
  known.waits_for_secrets = session.secrets.has_missing();
  if (known.waits_for_secrets) return;
  const auto& meta = known.monitor->meta;
  known.jobs = std::move(made.jobs);
  known.info = {.name_space = meta.name_space,
                .name = meta.name,
                .last_reconcile = format_local_time(options_.clock.wall()),
                .reconcile_error = {},
                .scrape_configs_url = {}};
  if (const auto* http = options_.services.find<ComponentHttp>())
    known.info.scrape_configs_url =
        fmt::format("{}{}scrapeConfig/{}/{}", http->listen_address(),
                    http->path_of(options_.global_id()), meta.name_space, meta.name);
  for (const Error& error : made.errors) {
    logger_.error(fmt::format("error generating scrapeconfig from {}", kind_.name),
                  {{"name", meta.name}, {"err", error}});
    if (!known.info.reconcile_error.empty()) known.info.reconcile_error += '\n';
    known.info.reconcile_error += error.message();
  }
}

void Operator::distribute(Session& session) {
  const auto* cluster =
      session.setup->arguments.clustering.enabled ? options_.services.find<Cluster>() : nullptr;
  const auto view = cluster != nullptr ? cluster->view() : nullptr;
  for (const auto& [key, known] : session.known) {
    for (const ScrapeJob& job : known.jobs)
      if (const auto targets = session.sources->targets_of(job))
        pools_.set_targets(job.name, *targets, view.get());
  }
}

void Operator::show(const Session& session) {
  const kubernetes::ClientArguments& client = session.setup->arguments.client;
  // What watches the cluster doesn't follow redirects, nor speak HTTP/2, as far as this shows.
  ShownServer server{
      .api_server = client.api_server.text, .kubeconfig_file = client.kubeconfig_file, .http = {}};
  server.http.basic_auth = client.http.basic_auth;
  server.http.authorization = client.http.authorization;
  server.http.tls = client.http.tls;
  server.http.follow_redirects = false;
  server.http.enable_http2 = false;
  std::vector<MonitorInfo> monitors;
  std::map<std::string, std::string> yaml;
  for (const auto& [key, known] : session.known) {
    monitors.push_back(known.info);
    if (!known.jobs.empty()) yaml.emplace(key, to_yaml(known.jobs, server));
  }
  const std::lock_guard lock(shown_->mutex);
  shown_->monitors = std::move(monitors);
  shown_->yaml = std::move(yaml);
}

// Answers /scrapeConfig/<namespace>/<name>.
net::Handler Operator::make_handler() const {
  struct Answer {
    static Task<net::ServerResponse> make(std::shared_ptr<Shown> shown, std::string path) {
      constexpr std::string_view prefix = "/scrapeConfig/";
      net::ServerResponse response{.status = 404};
      while (path.ends_with('/')) path.pop_back();
      if (path.starts_with(prefix)) {
        const std::lock_guard lock(shown->mutex);
        if (const auto found = shown->yaml.find(path.substr(prefix.size()));
            found != shown->yaml.end()) {
          response.status = 200;
          response.headers.set("Content-Type", "text/plain; charset=utf-8");
          response.body = found->second;
        }
      }
      co_return response;
    }
  };
  return [shown = shown_](net::ServerRequest request) {
    return Answer::make(shown, std::move(request.path));
  };
}

OperatorInfo Operator::info() const {
  OperatorInfo info{.monitors = {}, .targets = pools_.infos()};
  const std::lock_guard lock(shown_->mutex);
  info.monitors = shown_->monitors;
  return info;
}

}  // namespace alloy::prometheus::operators
