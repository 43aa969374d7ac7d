// loki.source.gcplog takes the logs of Google Cloud from Pub/Sub: it pulls them, or they are
// pushed.
#include <fmt/format.h>

#include "components/loki/source_gcplog/pull.h"
#include "components/loki/source_gcplog/push.h"
#include "schema/byte_size.h"

namespace alloy::loki::source_gcplog {
namespace {

struct Limit {
  ByteSize max_outstanding_bytes = ByteSize::gib(1);
  int64_t max_outstanding_messages = 1000;

  static constexpr auto schema() {
    using T = Limit;
    return fields(optional<&T::max_outstanding_bytes>("max_outstanding_bytes",
                                                      "About how much to take at once."),
                  optional<&T::max_outstanding_messages>("max_outstanding_messages",
                                                         "How many messages to take at once."));
  }
};

struct Pull {
  std::string project_id;
  std::string subscription;
  std::map<std::string, std::string> labels;
  bool use_incoming_timestamp = false;
  bool use_full_line = false;
  Limit limit;

  static constexpr auto schema() {
    using T = Pull;
    return fields(
        required<&T::project_id>("project_id", "The project."),
        required<&T::subscription>("subscription", "The subscription to pull from."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        optional<&T::use_full_line>("use_full_line",
                                    "Whether a line is the whole entry, even with a text."),
        block<&T::limit>("limit", "How much may be on its way."));
  }
};

struct Push {
  HttpServerArguments server;
  Duration push_timeout = 0s;
  std::map<std::string, std::string> labels;
  bool use_incoming_timestamp = false;
  bool use_full_line = false;

  static constexpr auto schema() {
    using T = Push;
    return fields(
        inlined<&T::server>(),
        optional<&T::push_timeout>("push_timeout", "How long a request may wait; 0: 10 s."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        optional<&T::use_full_line>("use_full_line",
                                    "Whether a line is the whole entry, even with a text."));
  }
  Result<> validate() const {
    if (push_timeout < 0s)
      return fail("push_timeout must be greater than zero", ErrorKind::invalid);
    return {};
  }
};

struct Arguments {
  std::optional<Pull> pull;
  std::optional<Push> push;
  std::vector<LogsReceiverPointer> forward_to;
  RelabelRulesPointer relabel_rules;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        block<&T::pull>("pull", "Pulls from a subscription."),
        block<&T::push>("push", "Listens for what a subscription pushes."),
        required<&T::forward_to>("forward_to", "Where the entries go."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each entry."));
  }
  Result<> validate() const {
    if (pull.has_value() == push.has_value())
      return fail("exactly one of 'push' or 'pull' must be provided", ErrorKind::invalid);
    return {};
  }
};

// Listens, from its making to its stop.
struct Listener {
  explicit Listener(const Options& options);

  std::shared_ptr<PushReader> reader;
  std::shared_ptr<HttpSource> source;
  OwnHttpServer server;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Listener::Listener(const Options& options)
    : reader(std::make_shared<PushReader>(store_of(options), options.clock, options.metrics)),
      source(std::make_shared<HttpSource>(
          options, options.metrics.counter("loki_source_gcplog_push_entries_total",
                                           "Number of entries received by the gcplog target"))),
      server(options, "loki_source_gcplog_push") {
  source->add(
      {.method = "POST", .path = "/gcp/api/v1/push", .read = [reader = reader](auto request, auto) {
         return PushReader::read(reader, std::move(request));
       }});
}

class GcpLog final : public AwaitingComponentWith<Arguments> {
 public:
  explicit GcpLog(Options options)
      : AwaitingComponentWith(std::move(options)),
        forwarder_(std::make_shared<Forwarder>(clock())),
        tasks_(this->options().strand, TaskGroup::Strands::shared) {}
  ~GcpLog() override {
    if (listener_) listener_->source->close();
  }
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  Task<Result<>> listen(Arguments arguments);
  Task<Result<>> pull(Arguments arguments);
  Task<> stop_listening();
  Task<> stop_pulling();
  void start_pulling();

  const std::shared_ptr<Forwarder> forwarder_;
  bool is_running_ = false;
  std::unique_ptr<Listener> listener_;
  std::shared_ptr<Puller> puller_;
  StopSource stop_pulling_;
  TaskGroup tasks_;
};

Task<Result<>> GcpLog::update(Arguments arguments) {
  if (arguments.push) co_return co_await listen(std::move(arguments));
  co_return co_await pull(std::move(arguments));
}

Task<Result<>> GcpLog::listen(Arguments arguments) {
  Push& push = *arguments.push;
  auto listener = listener_ ? nullptr : std::make_unique<Listener>(options());
  Listener& used = listener_ ? *listener_ : *listener;
  used.reader->configure({.labels = push.labels,
                          .rules = arguments.relabel_rules,
                          .use_incoming_timestamp = push.use_incoming_timestamp,
                          .use_full_line = push.use_full_line});
  HttpSourceSettings settings;
  if (push.push_timeout > 0s) settings.patience = push.push_timeout;
  used.source->configure(std::move(settings), std::move(arguments.forward_to));
  auto listening =
      co_await used.server.update(push.server, [source = used.source](net::ServerRequest request) {
        return HttpSource::handle(source, std::move(request));
      });
  if (!listening)
    co_return std::unexpected(
        std::move(listening).error().with_context("failed to create gcp push server"));
  if (listener) {
    listener_ = std::move(listener);
    if (is_running_) listener_->server.start();
  }
  co_await stop_pulling();
  co_return Result<>();
}

Task<Result<>> GcpLog::pull(Arguments arguments) {
  const Pull& pull = *arguments.pull;
  CO_TRY(auto puller, Puller::create(options(),
                                     {.project = pull.project_id,
                                      .name = pull.subscription,
                                      .messages_max = pull.limit.max_outstanding_messages,
                                      .bytes_max = pull.limit.max_outstanding_bytes.bytes},
                                     {.labels = pull.labels,
                                      .rules = arguments.relabel_rules,
                                      .use_incoming_timestamp = pull.use_incoming_timestamp,
                                      .use_full_line = pull.use_full_line},
                                     forwarder_));
  co_await stop_listening();
  co_await stop_pulling();
  forwarder_->set_receivers(std::move(arguments.forward_to));
  puller_ = std::move(puller);
  if (is_running_) start_pulling();
  co_return Result<>();
}

void GcpLog::start_pulling() {
  stop_pulling_ = StopSource();
  tasks_.spawn(Puller::run(puller_, stop_pulling_.get_token()));
}

Task<> GcpLog::stop_pulling() {
  stop_pulling_.request_stop();
  co_await tasks_.join();
  puller_.reset();
}

Task<> GcpLog::stop_listening() {
  if (!listener_) co_return;
  if (is_running_) co_await listener_->server.stop();
  listener_->source->close();
  listener_.reset();
}

Task<> GcpLog::run(StopToken stop) {
  is_running_ = true;
  if (listener_) listener_->server.start();
  if (puller_) start_pulling();
  co_await clock().sleep(Duration::max(), stop);
  co_await stop_pulling();
  co_await stop_listening();
  is_running_ = false;
}

}  // namespace
}  // namespace alloy::loki::source_gcplog

namespace alloy {

extern const ComponentType loki_source_gcplog = {
    .name = "loki.source.gcplog",
    .doc = "Takes logs of Google Cloud from Pub/Sub.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_gcplog::Arguments>,
    .create = create<loki::source_gcplog::GcpLog>,
};

}  // namespace alloy
