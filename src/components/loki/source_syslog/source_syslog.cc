// loki.source.syslog takes syslog messages over TCP, TLS and UDP.
#include <algorithm>

#include "component/component.h"
#include "components/loki/source_syslog/arguments.h"
#include "components/loki/source_syslog/listener.h"

namespace alloy::loki::source_syslog {
namespace {

struct ListenerInfo {
  bool ready = false;
  std::string listen_address;
  std::string labels;

  static constexpr auto schema() {
    using T = ListenerInfo;
    return fields(required<&T::ready>("ready", "Whether it listens."),
                  required<&T::listen_address>("listen_address", "Where."),
                  required<&T::labels>("labels", "The labels of its entries."));
  }
};

struct DebugInfo {
  std::vector<ListenerInfo> listeners;

  static constexpr auto schema() {
    return fields(
        required<&DebugInfo::listeners>("listeners_info", "What became of the listeners."));
  }
};

class Syslog final : public ComponentWith<Arguments> {
 public:
  explicit Syslog(Options options)
      : ComponentWith(std::move(options)),
        forwarder_(std::make_shared<Forwarder>(clock())),
        metrics_(std::make_shared<Metrics>(this->options().metrics)) {}

  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  struct Running {
    explicit Running(const AnyExecutor& executor) : tasks(executor) {}
    ListenerArguments arguments;
    RelabelRulesPointer rules;
    std::shared_ptr<Listener> listener;
    StopSource stop;
    TaskGroup tasks;
  };

  Task<> reconcile();
  void start(const ListenerArguments& arguments);

  const std::shared_ptr<Forwarder> forwarder_;
  const std::shared_ptr<Metrics> metrics_;
  Event changed_;
  Arguments arguments_;
  mutable std::mutex mutex_;  // Guards what follows, which is changed only on the strand.
  std::vector<std::unique_ptr<Running>> running_;
};

Result<> Syslog::update(Arguments arguments) {
  if (options().stability_min != Stability::experimental) {
    for (const ListenerArguments& listener : arguments.listeners) {
      if (listener.format == Format::raw) {
        return fail("\"raw\" syslog format is available only at experimental stability level");
      }
      if (listener.cisco) {
        return fail(
            "rfc3164_cisco_components block is available only at experimental stability level");
      }
    }
  }
  forwarder_->set_receivers(arguments.forward_to);
  arguments_ = std::move(arguments);
  changed_.notify();
  return {};
}

bool same_rules(const RelabelRulesPointer& left, const RelabelRulesPointer& right) {
  if (!left || !right) return left == right;
  return *left == *right;
}

Task<> Syslog::run(StopToken stop) {
  do {
    co_await reconcile();
  } while (co_await changed_.wait(stop) != Wake::stopped);
  arguments_.listeners.clear();
  co_await reconcile();
}

// Stops listeners that are not wanted any more or are to be different, then starts what is missing.
Task<> Syslog::reconcile() {
  std::vector<std::unique_ptr<Running>> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto is_wanted = [&](const std::unique_ptr<Running>& running) {
      return same_rules(running->rules, arguments_.relabel_rules) &&
             std::ranges::find(arguments_.listeners, running->arguments) !=
                 arguments_.listeners.end();
    };
    const auto unwanted = std::ranges::partition(running_, is_wanted);
    std::ranges::move(unwanted, std::back_inserter(gone));
    running_.erase(unwanted.begin(), unwanted.end());
  }
  for (const auto& running : gone) running->stop.request_stop();
  for (const auto& running : gone) co_await running->tasks.join();
  for (const ListenerArguments& listener : arguments_.listeners) {
    const bool is_there = std::ranges::any_of(
        running_, [&](const auto& running) { return running->arguments == listener; });
    if (!is_there) start(listener);
  }
}

void Syslog::start(const ListenerArguments& arguments) {
  auto* store = options().services.find<SeriesStore>();
  ASSERT(store != nullptr);
  auto listener = Listener::open({.store = *store,
                                  .clock = clock(),
                                  .logger = logger(),
                                  .metrics = metrics_,
                                  .live = LiveLogs(options()),
                                  .rules = arguments_.relabel_rules,
                                  .listener = arguments},
                                 forwarder_, options().executor);
  if (!listener) {
    logger().error("failed to create syslog listener with provided config",
                   {{"err", listener.error()}});
    report_unhealthy(listener.error().message());
    return;
  }
  logger().info("syslog listening on address",
                {{"address", (*listener)->address()}, {"protocol", arguments.protocol}});
  auto running = std::make_unique<Running>(options().executor.any());
  running->arguments = arguments;
  running->rules = arguments_.relabel_rules;
  running->listener = *std::move(listener);
  running->tasks.spawn(running->listener->run(running->stop.get_token()));
  const std::lock_guard lock(mutex_);
  running_.push_back(std::move(running));
}

std::optional<Described> Syslog::debug_info() const {
  DebugInfo info;
  const std::lock_guard lock(mutex_);
  for (const auto& running : running_) {
    std::vector<Label> labels;
    for (const auto& [name, value] : running->arguments.labels) labels.push_back({name, value});
    info.listeners.push_back({.ready = true,
                              .listen_address = running->listener->address(),
                              .labels = describe(labels)});
  }
  return described(std::move(info));
}

}  // namespace
}  // namespace alloy::loki::source_syslog

namespace alloy {

extern const ComponentType loki_source_syslog = {
    .name = "loki.source.syslog",
    .doc = "Takes syslog messages over TCP, TLS and UDP and passes them on as log entries.",
    .stability = Stability::generally_available,
    .supports_live_debugging = true,
    .arguments = &schema_of<loki::source_syslog::Arguments>,
    .create = create<loki::source_syslog::Syslog>,
};

}  // namespace alloy
