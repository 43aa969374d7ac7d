#include "components/loki/shared/kafka/source.h"

#include "components/loki/shared/kafka/session.h"

namespace alloy::loki::kafka {
namespace {

constexpr Duration reopen_interval = 10s;

}  // namespace

Result<> PlainReader::read(const Message& message, const MessageContext& context,
                           LogBatchBuilder& entries) {
  entries.entries().push_back({.labels = entries.hold(context.store.intern(context.labels)),
                               .timestamp_ns = context.timestamp_ns,
                               .line = entries.keep(message.value)});
  return {};
}

Source::Source(const Options& options, Report report)
    : options_(options),
      report_(std::move(report)),
      forwarder_(std::make_shared<Forwarder>(options.clock)) {}

Source::~Source() = default;

Result<> Source::update(SourceSettings settings, std::vector<LogsReceiverPointer> forward_to) {
  TRY(TopicFilter::create(settings.topics));
  forwarder_->set_receivers(std::move(forward_to));
  settings_ = std::make_shared<const SourceSettings>(std::move(settings));
  changed_.notify();
  return {};
}

Task<> Source::run(StopToken stop) {
  struct Run {
    static Task<> session(Source* self, std::shared_ptr<const SourceSettings> settings,
                          StopToken stop) {
      while (!stop.stop_requested()) {
        Session session(self->options_, self->report_, self->forwarder_, settings);
        const auto ended = co_await session.run(stop);
        if (ended) continue;
        self->options_.logger.error("failed to create kafka client with provided config",
                                    {{"err", ended.error()}});
        self->report_(HealthState::unhealthy, ended.error().message());
        co_await self->options_.clock.sleep(reopen_interval, stop);
      }
    }
  };
  while (!stop.stop_requested()) {
    StopSource end;
    const std::stop_callback pass_on(stop, [&end] { end.request_stop(); });
    TaskGroup running(options_.strand, TaskGroup::Strands::shared);
    const auto settings = settings_;
    running.spawn(Run::session(this, settings, end.get_token()));
    while (!stop.stop_requested() && settings == settings_) co_await changed_.wait(stop);
    end.request_stop();
    co_await running.join();
  }
}

}  // namespace alloy::loki::kafka
