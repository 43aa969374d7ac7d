// prometheus.echo shows the metrics that it receives in the program's log.
#include <mutex>

#include "component/component.h"
#include "signals/metrics_receiver.h"
#include "wire/exposition_writer.h"

namespace alloy::prometheus::echo {
namespace {

struct Arguments {
  std::string format = "text";

  static constexpr auto schema() {
    return fields(
        optional<&Arguments::format>("format", "How to spell the metrics: text or openmetrics."));
  }
};

struct Exports {
  MetricsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the metrics to show."));
  }
};

class Receiver final : public MetricsReceiver {
 public:
  Receiver(const SeriesStore& store, Logger logger) : store_(store), logger_(std::move(logger)) {}

  void set_format(std::string format) {
    const std::lock_guard lock(mutex_);
    format_ = std::move(format);
  }
  Result<void> receive(const MetricBatch& batch) override;
  std::string_view capsule_type_name() const override { return "storage.Appendable"; }

 private:
  const SeriesStore& store_;
  const Logger logger_;
  std::mutex mutex_;  // Guards everything below.
  std::string format_;
};

Result<void> Receiver::receive(const MetricBatch& batch) {
  if (!logger_.is_enabled(LogLevel::info)) return {};
  std::string format;
  {
    const std::lock_guard lock(mutex_);
    format = format_;
  }
  auto style = wire::ExpositionStyle::prometheus;
  if (format == "openmetrics") {
    style = wire::ExpositionStyle::open_metrics;
  } else if (format != "text" && !format.empty()) {
    logger_.warn("unknown format, using text", {{"format", format}});
  }
  std::string text;
  wire::write_exposition(text, batch, store_, style);
  logger_.info("received metrics", {{"metrics", text}});
  return {};
}

class Echo final : public ComponentWith<Arguments, Exports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  std::shared_ptr<Receiver> receiver_;
};

Result<> Echo::update(Arguments arguments) {
  if (receiver_ == nullptr) {
    const auto* store = options().services.find<SeriesStore>();
    ASSERT(store != nullptr);
    receiver_ = std::make_shared<Receiver>(*store, logger());
  }
  receiver_->set_format(std::move(arguments.format));
  set_exports({.receiver = receiver_});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::echo

namespace alloy {

extern const ComponentType prometheus_echo;
const ComponentType prometheus_echo = {
    .name = "prometheus.echo",
    .doc = "Shows the metrics that it receives in the program's log.",
    .arguments = &schema_of<prometheus::echo::Arguments>,
    .exports = &schema_of<prometheus::echo::Exports>,
    .create = create<prometheus::echo::Echo>,
};

}  // namespace alloy
