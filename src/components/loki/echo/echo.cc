// loki.echo shows the log entries that it receives in the program's log.
#include "base/text.h"
#include "base/time_text.h"
#include "component/component.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::echo {
namespace {

struct Arguments {
  static constexpr auto schema() { return fields(); }
};

struct Exports {
  LogsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the entries to show."));
  }
};

std::string to_json(std::span<const Label> labels) {
  std::string json = "{";
  for (const Label& label : labels) {
    if (json.size() > 1) json += ',';
    append_json_string(json, label.name);
    json += ':';
    append_json_string(json, label.value);
  }
  json += '}';
  return json;
}

class Receiver final : public LogsReceiver {
 public:
  Receiver(const SeriesStore& store, Logger logger, std::string name)
      : store_(store), logger_(std::move(logger)), name_(std::move(name)) {}

  Result<void> receive(const LogBatch& batch) override {
    if (!logger_.is_enabled(LogLevel::info)) return {};
    for (const LogEntry& entry : batch.entries) {
      const WallTime time{std::chrono::nanoseconds(entry.timestamp_ns)};
      logger_.info("received log entry",
                   {{"entry", entry.line},
                    {"entry_timestamp", format_rfc3339(time)},
                    {"labels", store_.describe(*entry.labels)},
                    {"structured_metadata", to_json(entry.structured_metadata)}});
    }
    return {};
  }
  std::string capsule_display() const override { return name_; }

 private:
  const SeriesStore& store_;
  const Logger logger_;
  const std::string name_;
};

class Echo final : public ComponentWith<Arguments, Exports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  std::shared_ptr<Receiver> receiver_;
};

Result<> Echo::update(Arguments) {
  if (receiver_ == nullptr) {
    const auto* store = options().services.find<SeriesStore>();
    ASSERT(store != nullptr);
    receiver_ = std::make_shared<Receiver>(*store, logger(), options().global_id() + ".receiver");
  }
  set_exports({.receiver = receiver_});
  return {};
}

}  // namespace
}  // namespace alloy::loki::echo

namespace alloy {

extern const ComponentType loki_echo;
const ComponentType loki_echo = {
    .name = "loki.echo",
    .doc = "Shows the log entries that it receives in the program's log.",
    .arguments = &schema_of<loki::echo::Arguments>,
    .exports = &schema_of<loki::echo::Exports>,
    .create = create<loki::echo::Echo>,
};

}  // namespace alloy
