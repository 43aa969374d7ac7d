#include "app/program.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "app/foreign_config.h"
#include "app/load_report.h"
#include "app/masked_source.h"
#include "app/peer_discovery.h"
#include "app/remotecfg/service.h"
#include "app/seed.h"
#include "app/service_blocks.h"
#include "app/signals.h"
#include "app/version.h"
#include "base/memory_limit.h"
#include "base/text.h"
#include "component/registry.h"
#include "components/shared/shared_http_clients.h"
#include "runtime/blocks.h"
#include "runtime/controller.h"
#include "services/cluster_service.h"
#include "services/http_service.h"
#include "services/identity.h"
#include "services/memory_watch.h"
#include "services/own_logs.h"
#include "services/program_metrics.h"
#include "services/scrape_gate.h"
#include "signals/series.h"

namespace alloy::app {
namespace {

using runtime::Controller;
using runtime::LoadFailure;
using runtime::LoadResult;

BuildLabels build_labels() {
  const Version& v = version();
  const auto slash = v.platform.find('/');
  return {.branch = std::string(v.branch),
          .goarch = std::string(v.platform.substr(slash + 1)),
          .goos = std::string(v.platform.substr(0, slash)),
          .goversion = std::string(v.compiler),
          .revision = std::string(v.revision),
          .tags = std::string(v.tags),
          .version = std::string(v.version)};
}

// How the program was installed, if the package says so.
std::string deploy_mode() {
  const char* mode = std::getenv("ALLOY_DEPLOY_MODE");
  if (mode == nullptr) return "binary";
  for (std::string_view known : {"operator", "helm", "docker", "deb", "rpm", "brew"})
    if (mode == known) return mode;
  return "binary";
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

ClusterServiceOptions cluster_options(const ClusterOptions& o, Executor& executor,
                                      std::shared_ptr<const net::TlsPeerContext> tls) {
  ClusterServiceOptions out{.is_enabled = o.enabled,
                            .node_name = o.node_name.empty() ? host_name() : o.node_name,
                            .cluster_name = o.name,
                            .rejoin_interval = o.rejoin_interval,
                            .join_peers_max = static_cast<size_t>(o.max_join_peers),
                            .minimum_size = static_cast<size_t>(o.wait_for_size),
                            .minimum_size_timeout = o.wait_timeout,
                            .advertise_address = o.advertise_address,
                            .advertise_interfaces = o.advertise_interfaces,
                            .tls = std::move(tls)};
  if (!o.discover_peers.empty()) out.discover = peer_discovery(executor, o.discover_peers);
  if (!o.join_addresses.empty())
    for (const auto address : split(o.join_addresses, ','))
      out.join_addresses.emplace_back(address);
  return out;
}

// Each file that is read and each connection needs a descriptor. The lower limit is only there for
// programs that use select().
void raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Everything that lives as long as the program runs; later members use earlier ones.
class Program {
 public:
  Program(const RunOptions& options, std::string config_path, Console& console,
          std::shared_ptr<const net::TlsPeerContext> cluster_tls, MemoryLimit memory_limit)
      : options_(options),
        config_path_(std::move(config_path)),
        console_(console),
        cluster_tls_(std::move(cluster_tls)),
        memory_limit_(std::move(memory_limit)) {
    services_.add<MemoryBudget>(memory_);
    services_.add<ScrapeGate>(scrape_gate_);
    if (memory_limit_.bytes != 0) memory_watch_.register_metrics(metrics_.registry());
    scrape_gate_.set_metrics(metrics_.registry());
    services_.add<ComponentHttp>(http_);
    services_.add<Cluster>(cluster_);
    cluster_.register_metrics(metrics_.registry());
    http_.register_metrics(metrics_.registry());
    services_.add<SelfMetrics>(metrics_);
    services_.add<MetricRegistry>(metrics_.registry());
    services_.add<SeriesStore>(series_);
    services_.add<SharedHttpClients>(http_clients_);
    services_.add<LiveDebugging>(live_debugging_);
    services_.add<Identity>(identity_);
    services_.add<OwnLogs>(own_logs_);
    metrics_.registry().function("alloy_labelstore_global_ids_count",
                                 "How many different series are known.", MetricType::gauge,
                                 [this] { return static_cast<double>(series_.size()); });
    // Nothing is kept for series that are gone: the check is always up to date.
    metrics_.registry().function(
        "alloy_labelstore_last_stale_check_timestamp", "When stale series were last looked for.",
        MetricType::gauge,
        [] { return static_cast<double>(to_unix_milliseconds(real_clock().wall())) / 1000; });
    remote_controller_ = Controller::create(remote_controller_options());
    remotecfg_ = std::make_unique<remotecfg::Service>(
        remotecfg::ServiceOptions{.executor = executor_,
                                  .logger = logger_.with({{"service", "remotecfg"}}),
                                  .metrics = metrics_.registry(),
                                  .controller = *remote_controller_,
                                  .identity = identity_,
                                  .storage_path = options_.storage_path});
    controller_ = Controller::create(controller_options());
    for (const Controller* controller : {controller_.get(), remote_controller_.get()})
      metrics_.add_source([=](MetricSink& out) { controller->collect_metrics(out); });
    http_.set_components(*controller_, *remote_controller_);
  }

  // Blocks until the program has ended.
  Result<int> run();

 private:
  runtime::ControllerOptions controller_options();
  Result<runtime::ConfigSource> read_source(const std::string& path);
  runtime::ControllerOptions remote_controller_options();
  static Task<> live(Program* self);
  uint64_t used_memory();
  void watch_load(TaskGroup& group, const StopToken& stop);
  Task<bool> load_first();
  Task<> follow_reloads();
  static Task<Result<>> reload(Program* self);
  std::vector<Peer> peers() const;
  std::optional<SupportBundleParts> support_bundle();
  const Schema* schema_of_block(std::string_view name) const;

  const RunOptions& options_;
  const std::string config_path_;
  Console& console_;
  std::shared_ptr<const net::TlsPeerContext> cluster_tls_;  // Null: plain connections.
  const MemoryLimit memory_limit_;
  Signals signals_;  // Before any thread, so that all of them have the signals blocked.
  std::shared_ptr<LogSink> log_sink_ = std::make_shared<LogSink>();
  Logger logger_{log_sink_};
  Executor executor_;
  MemoryBudget memory_{memory_limit_.bytes, real_clock(), [this] { return used_memory(); }};
  MemoryWatch memory_watch_{memory_, real_clock(), logger_.with({{"service", "memory"}}),
                            [] { ::malloc_trim(0); }};
  ScrapeGate scrape_gate_{real_clock(), memory_, std::max(1U, std::thread::hardware_concurrency())};
  ProgramMetrics metrics_{build_labels()};
  SeriesStore series_;
  SharedHttpClients http_clients_{std::max(1U, std::thread::hardware_concurrency())};
  Identity identity_;
  ClusterService cluster_{cluster_options(options_.cluster, executor_, cluster_tls_), executor_,
                          real_clock(), logger_.with({{"service", "cluster"}})};
  LiveDebugging live_debugging_;
  OwnLogs own_logs_{log_sink_, series_, metrics_.registry()};
  HttpService http_{
      {.listen_address = options_.listen_address,
       .memory_address = options_.memory_address,
       .ui_path_prefix = options_.ui_path_prefix,
       .enable_pprof = options_.enable_pprof,
       .executor = executor_,
       .logger = logger_.with({{"service", "http"}}),
       .metrics = metrics_,
       .reload = [this] { return reload(this); },
       .peers = [this] { return peers(); },
       .live_debugging = live_debugging_,
       .cluster_transport =
           [this](net::ServerRequest request) { return cluster_.handle(std::move(request)); },
       .support_bundle = support_bundle()}};
  ServiceBlocks blocks_{http_, live_debugging_, logger_};
  Services services_;
  std::unique_ptr<Controller> remote_controller_;  // What runs the remote configuration.
  std::unique_ptr<remotecfg::Service> remotecfg_;
  std::unique_ptr<Controller> controller_;
  std::atomic<uint64_t> series_bytes_peak_ = 0;  // Of used_memory().
  StopSource stop_;
  Event reload_requested_;
  Result<int> status_ = 0;
};

runtime::ControllerOptions Program::controller_options() {
  auto services = blocks_.all();
  services.push_back(remotecfg_.get());
  return {.id = "",
          .components = built_in_components(),
          .executor = executor_,
          .log_sink = log_sink_,
          .services = services_,
          .configured_services = std::move(services),
          .storage_path = options_.storage_path,
          .stability_min = options_.source.stability,
          .community_enabled = options_.source.community_components,
          .cluster_name = options_.cluster.name,
          .shutdown_deadline = options_.shutdown_deadline,
          .read = [this](const std::string& path) { return read_source(path); }};
}

Result<runtime::ConfigSource> Program::read_source(const std::string& path) {
  auto source = read_any_config(options_.source, path);
  if (source) cluster_.set_configuration(source->sha256());
  return source;
}

// The same program, but no services: they belong to the local configuration.
runtime::ControllerOptions Program::remote_controller_options() {
  runtime::ControllerOptions options = controller_options();
  options.id = "remotecfg";
  options.configured_services.clear();
  return options;
}

Result<int> Program::run() {
  raise_descriptor_limit();
  TaskGroup group(executor_.any());
  group.spawn(live(this));
  signals_.handle_until_finished({.on_hangup = [this] { reload_requested_.notify(); },
                                  .on_stop = [this] { stop_.request_stop(); }});
  executor_.run(group.join());
  return status_;
}

Task<> Program::live(Program* self) {
  const Version& v = version();
  self->logger_.info("Alloy is starting",
                     {{"version", v.version}, {"branch", v.branch}, {"revision", v.revision}});
  const Seed seed = load_seed(self->options_.storage_path, v.version, real_clock());
  if (!seed.is_written)
    self->logger_.warn("failed to keep the installation's id", {{"err", seed.is_written.error()}});
  self->identity_ = {seed.uid, std::string(v.version),
                     fmt::format("Alloy/{} (linux; {})", v.version, deploy_mode())};

  if (auto listening = self->http_.listen(); !listening) {
    self->log_sink_->configure(LogLevel::info, LogFormat::logfmt);
    self->logger_.error("failed to listen on " + self->options_.listen_address,
                        {{"err", listening.error()}});
    self->status_ = 1;
    self->signals_.finish();
    co_return;
  }
  StopSource http_stop;
  TaskGroup http_group(self->executor_.any());
  http_group.spawn(self->http_.run(http_stop.get_token()));
  self->logger_.with({{"service", "http"}})
      .info("now listening for http traffic", {{"addr", self->http_.address()}});

  StopSource load_stop;
  TaskGroup load_group(self->executor_.any());
  self->watch_load(load_group, load_stop.get_token());
  TaskGroup remote_group(self->executor_.any());
  StopSource log_stop;
  TaskGroup log_group(self->executor_.any());
  StopSource cluster_stop;
  TaskGroup cluster_group(self->executor_.any());
  if (auto prepared = co_await self->cluster_.prepare(self->http_.port()); !prepared) {
    self->log_sink_->configure(LogLevel::info, LogFormat::logfmt);
    self->logger_.error("failed to create cluster node", {{"err", prepared.error()}});
    self->status_ = 1;
  } else {
    cluster_group.spawn(self->cluster_.run(cluster_stop.get_token()));
    log_group.spawn(self->own_logs_.run(log_stop.get_token()));
    if (co_await self->load_first()) {
      self->cluster_.become_participant();
      remote_group.spawn(self->remotecfg_->run(self->stop_.get_token()));
      co_await self->follow_reloads();
    }
  }
  // The others take over our share before we let go of it.
  cluster_stop.request_stop();
  co_await cluster_group.join();
  co_await remote_group.join();
  // Its receivers are still there.
  log_stop.request_stop();
  co_await log_group.join();
  co_await self->remote_controller_->shutdown();
  co_await self->controller_->shutdown();
  load_stop.request_stop();
  co_await load_group.join();
  http_stop.request_stop();
  co_await http_group.join();
  self->logger_.with({{"service", "http"}})
      .info("http server closed", {{"addr", self->http_.address()}});
  self->signals_.finish();
}

// Series that were given up leave room for others, which only the store can tell from what is used:
// it never gets smaller.
uint64_t Program::used_memory() {
  const uint64_t resident = resident_bytes();
  const uint64_t series = series_.bytes();
  const uint64_t peak = std::max(series_bytes_peak_.load(), series);
  series_bytes_peak_ = peak;
  const uint64_t reusable = std::min(peak - series, resident);
  // What else has grown meanwhile is not to pass the limit for it.
  const bool is_beyond = resident > memory_limit_.bytes + memory_limit_.bytes / 20;
  return is_beyond ? resident : resident - reusable;
}

void Program::watch_load(TaskGroup& group, const StopToken& stop) {
  if (memory_limit_.bytes != 0) {
    logger_.info("memory is limited",
                 {{"limit_bytes", memory_limit_.bytes}, {"source", memory_limit_.source}});
  }
  group.spawn(memory_watch_.run(executor_.blocking(), stop));
  group.spawn(scrape_gate_.run(stop));
}

// Whether the program can run.
Task<bool> Program::load_first() {
  const LoadResult loaded = co_await controller_->load_path(config_path_);
  if (loaded) {
    http_.set_ready();
    logger_.info("{^_^} Alloy is running");
    co_return true;
  }
  const LoadFailure& failure = loaded.error();
  if (failure.stage != LoadFailure::Stage::evaluation) log_sink_->discard_pending();
  status_ = report_first_load(failure, config_path_, console_);
  co_return false;
}

Task<> Program::follow_reloads() {
  const StopToken stop = stop_.get_token();
  std::stop_callback on_stop(stop, [this] { controller_->refuse_loads(); });
  while (co_await reload_requested_.wait(stop) == Wake::notified) (void)co_await reload(this);
}

Task<Result<>> Program::reload(Program* self) {
  const LoadResult loaded = co_await self->controller_->load_path(self->config_path_);
  if (loaded) {
    self->logger_.info("config reloaded");
    co_return Result<>();
  }
  Error error(describe_load_failure(loaded.error(), self->config_path_), ErrorKind::invalid);
  self->logger_.error("failed to reload config", {{"err", error}});
  co_return std::unexpected(std::move(error));
}

std::optional<SupportBundleParts> Program::support_bundle() {
  if (options_.disable_support_bundle) return std::nullopt;
  return SupportBundleParts{
      .version = std::string(version().version),
      .components = [this] { return components_json(controller_.get()); },
      .peers = [this] { return peers_json(peers()); },
      .metrics = [this] { return write_exposition(metrics_.collect()); },
      .runtime_flags = [this] { return describe_flags(options_); },
      .sources =
          [this] {
            const auto schema = [this](std::string_view name) { return schema_of_block(name); };
            std::vector<std::pair<std::string, std::string>> texts;
            for (const auto& source : controller_->sources())
              texts.emplace_back(source->name.substr(source->name.rfind('/') + 1),
                                 mask_secrets(source, schema));
            for (const auto& source : remote_controller_->sources())
              texts.emplace_back("remote-config/remote.alloy", mask_secrets(source, schema));
            return texts;
          },
      .follow_log = [this](std::function<void(std::string_view)> follow) -> std::shared_ptr<void> {
        return log_sink_->add_listener(
            [follow = std::move(follow)](LogLevel, WallTime, std::string_view line) {
              follow(line);
            });
      }};
}

const Schema* Program::schema_of_block(std::string_view name) const {
  for (const ComponentType* type : built_in_components())
    if (type->name == name) return type->arguments;
  if (const Schema* schema = runtime::config_block_schema(name)) return schema;
  if (name == remotecfg_->block_name()) return remotecfg_->arguments();
  for (const auto* service : blocks_.all())
    if (service->block_name() == name) return service->arguments();
  return nullptr;
}

std::vector<Peer> Program::peers() const {
  std::vector<Peer> out;
  for (const cluster::Peer& peer : cluster_.peers())
    out.push_back({.name = peer.name,
                   .address = cluster::format_address(peer.address),
                   .is_self = peer.is_self,
                   .state = std::string(cluster::name_of(peer.role))});
  return out;
}

}  // namespace

Result<int> run_program(const RunOptions& options, const std::string& config_path,
                        Console& console) {
  std::shared_ptr<const net::TlsPeerContext> tls;
  if (const ClusterOptions& o = options.cluster; o.enable_tls) {
    TRY(tls, net::TlsPeerContext::create({.ca_path = o.tls_ca_path,
                                          .cert_path = o.tls_cert_path,
                                          .key_path = o.tls_key_path,
                                          .server_name = o.tls_server_name}));
  }
  TRY(MemoryLimit memory_limit, find_memory_limit(memory_limit_sources()));
  return Program(options, config_path, console, std::move(tls), std::move(memory_limit)).run();
}

}  // namespace alloy::app
