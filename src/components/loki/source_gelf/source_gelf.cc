// loki.source.gelf takes messages in the Graylog Extended Log Format over UDP.
#include "component/component.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/source_gelf/message.h"
#include "net/udp_socket.h"
#include "signals/log_batch_builder.h"
#include "signals/relabel.h"

namespace alloy::loki::source_gelf {
namespace {

struct Arguments {
  std::string listen_address = "0.0.0.0:12201";
  bool use_incoming_timestamp = false;
  RelabelRulesPointer relabel_rules;
  std::vector<LogsReceiverPointer> forward_to;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::listen_address>("listen_address", "UDP address to listen on."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each entry."),
        required<&T::forward_to>("forward_to", "Where the entries go."));
  }
};

constexpr std::string_view default_address = ":12201";
constexpr std::array<std::string_view, 8> severities = {
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};
constexpr int buffer_bytes = 1 << 20;
constexpr size_t datagram_bytes_max = 64 << 10;
constexpr int datagrams_at_once = 64;
// How long entries wait for receivers that are full; the kernel keeps the next datagrams meanwhile.
constexpr Duration patience = 5s;

class Gelf final : public ComponentWith<Arguments> {
 public:
  explicit Gelf(Options options);
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  struct Listening {
    std::unique_ptr<net::UdpSocket> socket;
    StopSource stop;
  };
  Task<> listen(std::shared_ptr<Listening> listening);
  void add(std::string_view datagram, Assembler& assembler, LogBatchBuilder& batch);
  void add(const Message& message, LogBatchBuilder& batch);
  void count_errors(size_t errors, std::string_view why);

  SeriesStore& store_;
  const std::shared_ptr<Forwarder> forwarder_;
  Counter& entries_;
  Counter& errors_;
  Arguments arguments_;
  std::shared_ptr<Listening> listening_;
  Event changed_;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Gelf::Gelf(Options options)
    : ComponentWith(std::move(options)),
      store_(store_of(this->options())),
      forwarder_(std::make_shared<Forwarder>(clock())),
      entries_(this->options().metrics.counter(
          "loki_source_gelf_target_entries_total",
          "Total number of successful entries sent to the gelf target")),
      errors_(this->options().metrics.counter(
          "loki_source_gelf_target_parsing_errors_total",
          "Total number of parsing errors while receiving gelf messages")) {}

Result<> Gelf::update(Arguments arguments) {
  if (arguments.listen_address.empty()) arguments.listen_address = default_address;
  if (!listening_ || arguments.listen_address != arguments_.listen_address) {
    TRY(auto socket,
        net::UdpSocket::open(options().executor.any(), arguments.listen_address, buffer_bytes));
    if (listening_) listening_->stop.request_stop();
    listening_ = std::make_shared<Listening>();
    listening_->socket = std::move(socket);
    logger().info("listening for GELF UDP messages",
                  {{"listen_address", listening_->socket->address()}});
  }
  forwarder_->set_receivers(arguments.forward_to);
  arguments_ = std::move(arguments);
  changed_.notify();
  return {};
}

// Listeners share the component's strand with update().
Task<> Gelf::run(StopToken stop) {
  TaskGroup tasks(options().strand, TaskGroup::Strands::shared);
  std::shared_ptr<Listening> current;
  do {
    if (current == listening_) continue;
    current = listening_;
    tasks.spawn(listen(current));
  } while (co_await changed_.wait(stop) != Wake::stopped);
  current->stop.request_stop();
  co_await tasks.join();
}

Task<> Gelf::listen(std::shared_ptr<Listening> listening) {
  const StopToken stop = listening->stop.get_token();
  const auto buffer = std::make_unique<char[]>(datagram_bytes_max);
  const auto batch = std::make_shared<LogBatchBuilder>();
  Assembler assembler(clock());
  while (!stop.stop_requested()) {
    auto datagram = co_await listening->socket->receive(buffer.get(), datagram_bytes_max, stop);
    if (!datagram) {
      if (!stop.stop_requested()) co_await sleep_for(100ms, stop);
      continue;
    }
    batch->clear();
    for (int i = 0; i < datagrams_at_once && !datagram->sender.empty(); ++i) {
      add({buffer.get(), datagram->size}, assembler, *batch);
      datagram = listening->socket->receive_now(buffer.get(), datagram_bytes_max);
    }
    count_errors(assembler.take_lost(), "chunks of a message are missing");
    const size_t count = batch->entries().size();
    if (count == 0) continue;
    const auto taken =
        co_await Forwarder::deliver(forwarder_, batch->entries(), batch, patience, stop);
    if (taken) {
      entries_.add(static_cast<double>(count));
    } else {
      options()
          .metrics
          .counter("loki_source_gelf_target_dropped_entries_total",
                   "Entries that no receiver would take in time", {{"reason", "full"}})
          .add(static_cast<double>(count));
      logger().error("no receiver takes the entries", {{"err", taken.error()}});
    }
  }
}

void Gelf::count_errors(size_t errors, std::string_view why) {
  if (errors == 0) return;
  errors_.add(static_cast<double>(errors));
  logger().error("error while reading gelf message",
                 {{"listen_address", arguments_.listen_address}, {"err", why}});
}

void Gelf::add(std::string_view datagram, Assembler& assembler, LogBatchBuilder& batch) {
  auto payload = assembler.add(datagram);
  if (!payload) return count_errors(1, payload.error().message());
  if (!*payload) return;
  const auto unpacked = unpack(**payload);
  if (!unpacked) return count_errors(1, unpacked.error().message());
  const auto message = parse_message(*unpacked);
  if (!message) return count_errors(1, message.error().message());
  add(*message, batch);
}

void Gelf::add(const Message& message, LogBatchBuilder& batch) {
  LabelBuilder labels;
  if (message.level >= 0 && message.level < std::ssize(severities))
    labels.set("__gelf_message_level", severities[static_cast<size_t>(message.level)]);
  labels.set("__gelf_message_host", message.host);
  labels.set("__gelf_message_version", message.version);
  labels.set("__gelf_message_facility", message.facility);
  const auto& rules = arguments_.relabel_rules;
  if (rules && !rules->apply(labels)) labels.reset();
  labels.erase_if([](const Label& label) { return label.name.starts_with("__"); });
  const bool has_time = arguments_.use_incoming_timestamp && message.timestamp != 0;
  batch.entries().push_back({.labels = batch.hold(store_.intern(labels.labels())),
                             .timestamp_ns = has_time
                                                 ? static_cast<int64_t>(message.timestamp * 1e9)
                                                 : clock().wall().time_since_epoch().count(),
                             .line = batch.keep(to_json(message))});
}

}  // namespace
}  // namespace alloy::loki::source_gelf

namespace alloy {

extern const ComponentType loki_source_gelf = {
    .name = "loki.source.gelf",
    .doc = "Takes messages in the Graylog Extended Log Format over UDP and passes them on.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_gelf::Arguments>,
    .create = create<loki::source_gelf::Gelf>,
};

}  // namespace alloy
