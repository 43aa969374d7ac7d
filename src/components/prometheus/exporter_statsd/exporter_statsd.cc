// prometheus.exporter.statsd takes StatsD lines and exposes what they add up to as metrics.
#include "component/component.h"
#include "components/prometheus/exporter_statsd/listeners.h"
#include "components/prometheus/shared/exporter.h"
#include "net/tls_material.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

constexpr Duration retry_pause = 5s;

struct Arguments {
  std::string listen_udp = ":9125";
  std::string listen_tcp = ":9125";
  std::string listen_unixgram;
  std::string unix_socket_mode = "755";
  std::string mapping_config_path;
  int read_buffer = 0;
  int cache_size = 1000;
  std::string cache_type = "lru";
  int event_queue_size = 10'000;
  int event_flush_threshold = 1000;
  Duration event_flush_interval = 200ms;
  bool parse_dogstatsd = true;
  bool parse_influxdb = true;
  bool parse_librato = true;
  bool parse_signalfx = true;
  std::string relay_addr;
  int relay_packet_length = 1400;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::listen_udp>("listen_udp", "UDP address to listen on; empty: none."),
        optional<&T::listen_tcp>("listen_tcp", "TCP address to listen on; empty: none."),
        optional<&T::listen_unixgram>("listen_unixgram", "Path of a datagram socket to listen on."),
        optional<&T::unix_socket_mode>("unix_socket_mode", "Permissions of that socket."),
        optional<&T::mapping_config_path>("mapping_config_path",
                                          "File that says which metrics names become."),
        optional<&T::read_buffer>("read_buffer",
                                  "How many bytes the kernel keeps of datagrams; 0: its choice."),
        optional<&T::cache_size>("cache_size", "How many names' mappings are remembered."),
        optional<&T::cache_type>("cache_type", "Which of them give way: lru or random."),
        optional<&T::event_queue_size>("event_queue_size", "How many batches of events may wait."),
        optional<&T::event_flush_threshold>("event_flush_threshold",
                                            "How many events make a batch."),
        optional<&T::event_flush_interval>("event_flush_interval",
                                           "How long a batch waits for more."),
        optional<&T::parse_dogstatsd>("parse_dogstatsd_tags", "Whether DogStatsD tags are read."),
        optional<&T::parse_influxdb>("parse_influxdb_tags", "Whether InfluxDB tags are read."),
        optional<&T::parse_librato>("parse_librato_tags", "Whether Librato tags are read."),
        optional<&T::parse_signalfx>("parse_signalfx_tags", "Whether SignalFX tags are read."),
        optional<&T::relay_addr>("relay_addr", "UDP address that gets a copy of all lines."),
        optional<&T::relay_packet_length>("relay_packet_length",
                                          "How many bytes are relayed in one datagram."));
  }
};

Result<MappingConfig> load_mappings(const std::string& path) {
  if (path.empty()) return read_mapping_config("");
  const auto text = net::read_file(path);
  if (!text)
    return fail("failed to convert statsd config: failed to read mapping config file: " +
                text.error().message());
  auto config = read_mapping_config(*text);
  if (!config) return fail("failed to load mapping config: " + config.error().message());
  return config;
}

// Everything that belongs to one set of arguments; what was measured goes with it.
struct Session {
  Session(const Arguments& a, MappingConfig mappings, Clock& clock)
      : arguments(a),
        store(std::move(mappings),
              {.kind = a.cache_type == "lru" ? CacheKind::lru : CacheKind::random,
               .size_max = static_cast<size_t>(std::max(a.cache_size, 0))},
              counters, clock),
        queue({.batches_max = static_cast<size_t>(std::max(a.event_queue_size, 1)),
               .flush_threshold = static_cast<size_t>(std::max(a.event_flush_threshold, 1)),
               .flush_interval = a.event_flush_interval},
              store, counters) {}

  MetricFamilies collect() {
    store.remove_stale();
    MetricFamilies families;
    store.collect(families);
    counters.registry.collect(families);
    return families;
  }

  const Arguments arguments;
  SelfCounters counters;
  MetricStore store;
  EventQueue queue;
};

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  // Runs one session until told to end it; fails when it can't listen.
  Task<Result<>> serve(std::shared_ptr<Session> session, StopToken stop);
  Result<std::vector<std::unique_ptr<Listener>>> listen(const Arguments& arguments,
                                                        const Intake& intake);

  MetricsServer server_;
  std::shared_ptr<Session> session_;
  alloy::Event changed_;
};

Result<> Exporter::update(Arguments arguments) {
  if (arguments.listen_udp.empty() && arguments.listen_tcp.empty() &&
      arguments.listen_unixgram.empty())
    return fail("at least one of UDP/TCP/Unixgram listeners must be used");
  TRY(MappingConfig mappings, load_mappings(arguments.mapping_config_path));
  if (arguments.cache_size != 0 && arguments.cache_type != "lru" &&
      arguments.cache_type != "random")
    return fail("unsupported cache type \"" + arguments.cache_type + "\"");
  auto session = std::make_shared<Session>(arguments, std::move(mappings), clock());
  auto collect = [session, build = build_info(options().services,
                                              "statsd_exporter")]() -> Result<std::string> {
    MetricFamilies families = session->collect();
    families.insert(build.begin(), build.end());
    return write_exposition(families);
  };
  TRY(auto targets, server_.serve(options(),
                                  {.component_name = "prometheus.exporter.statsd",
                                   .job = "integrations/statsd",
                                   .instance = options().global_id()},
                                  std::move(collect)));
  session_ = std::move(session);
  changed_.notify();
  set_exports({.targets = std::move(targets)});
  return {};
}

Result<std::vector<std::unique_ptr<Listener>>> Exporter::listen(const Arguments& arguments,
                                                                const Intake& intake) {
  std::vector<std::unique_ptr<Listener>> listeners;
  Executor& executor = options().executor;
  if (!arguments.listen_udp.empty()) {
    TRY(auto listener, listen_udp(executor, arguments.listen_udp, arguments.read_buffer, intake));
    listeners.push_back(std::move(listener));
  }
  if (!arguments.listen_tcp.empty()) {
    TRY(auto listener, listen_tcp(executor, arguments.listen_tcp, intake));
    listeners.push_back(std::move(listener));
  }
  if (!arguments.listen_unixgram.empty()) {
    TRY(auto listener,
        listen_unixgram(executor, arguments.listen_unixgram, arguments.unix_socket_mode,
                        arguments.read_buffer, intake, logger()));
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Task<Result<>> Exporter::serve(std::shared_ptr<Session> session, StopToken stop) {
  const Arguments& arguments = session->arguments;
  std::unique_ptr<Relay> relay;
  if (!arguments.relay_addr.empty()) {
    CO_TRY(relay,
           co_await Relay::create(arguments.relay_addr,
                                  static_cast<size_t>(std::max(arguments.relay_packet_length, 1)),
                                  options().executor.blocking(), options().metrics, logger()));
  }
  const Intake intake{.styles = {.dogstatsd = arguments.parse_dogstatsd,
                                 .influxdb = arguments.parse_influxdb,
                                 .librato = arguments.parse_librato,
                                 .signalfx = arguments.parse_signalfx},
                      .counters = session->counters,
                      .queue = session->queue,
                      .relay = relay.get()};
  CO_TRY(const auto listeners, listen(arguments, intake));
  report_healthy("listening");
  StopSource ending;
  StopSource queue_ending;
  TaskGroup group(options().executor.any());
  TaskGroup queue_group(options().executor.any());
  queue_group.spawn(session->queue.run(queue_ending.get_token()));
  if (relay) group.spawn(relay->run(ending.get_token()));
  for (const auto& listener : listeners) group.spawn(listener->run(ending.get_token()));
  co_await changed_.wait(stop);
  // What has come is still handed over: the queue ends last.
  ending.request_stop();
  co_await group.join();
  queue_ending.request_stop();
  co_await queue_group.join();
  co_return Result<>();
}

Task<> Exporter::run(StopToken stop) {
  co_await changed_.wait(stop);  // Of the first update().
  while (!stop.stop_requested()) {
    const auto served = co_await serve(session_, stop);
    if (served) continue;
    logger().error("failed to run the StatsD listeners", {{"err", served.error()}});
    report_unhealthy(served.error().message());
    co_await changed_.wait(stop, retry_pause);
  }
}

}  // namespace
}  // namespace alloy::prometheus::exporter_statsd

namespace alloy {

extern const ComponentType prometheus_exporter_statsd;
const ComponentType prometheus_exporter_statsd = {
    .name = "prometheus.exporter.statsd",
    .doc = "Takes StatsD lines and exposes them as metrics.",
    .arguments = &schema_of<prometheus::exporter_statsd::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_statsd::Exporter>,
};

}  // namespace alloy
