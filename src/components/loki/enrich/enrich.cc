// loki.enrich copies labels of discovered targets to the log entries that belong to them.
#include <algorithm>
#include <unordered_map>

#include "component/component.h"
#include "signals/logs_receiver.h"
#include "signals/targets.h"

namespace alloy::loki::enrich {
namespace {

struct Arguments {
  TargetList targets;
  std::string target_match_label;
  std::string logs_match_label;
  std::vector<std::string> labels_to_copy;
  std::vector<LogsReceiverPointer> forward_to;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::targets>("targets", "The targets whose labels are copied."),
        required<&Arguments::target_match_label>("target_match_label",
                                                 "The label of targets to compare."),
        optional<&Arguments::logs_match_label>(
            "logs_match_label", "The label of log entries to compare it with; else the same."),
        optional<&Arguments::labels_to_copy>("labels_to_copy",
                                             "The labels to copy; all of them if not given."),
        required<&Arguments::forward_to>("forward_to", "Where the log entries go."));
  }
};

struct Exports {
  LogsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(optional<&Exports::receiver>("receiver", "Takes the entries to enrich."));
  }
};

// How many streams are remembered with what became of them.
constexpr size_t remembered_max = 20'000;

// What the targets say, for one version of the arguments. Used by one thread at a time.
class Enrichment {
 public:
  Enrichment(SeriesStore& store, Arguments arguments)
      : store_(store), arguments_(std::move(arguments)) {
    if (arguments_.logs_match_label.empty()) {
      arguments_.logs_match_label = arguments_.target_match_label;
    }
    for (const Target& target : arguments_.targets) {
      const std::string_view value = target.get(arguments_.target_match_label);
      if (!value.empty()) by_value_[value] = &target;
    }
  }

  // The labels of the stream with those of its target. Valid as long as the enrichment.
  const Series* find(const Series& stream) {
    const auto known = results_.find(&stream);
    if (known != results_.end()) return known->second.second.get();
    const Series* result = compute(stream);
    results_.emplace(&stream, std::pair(store_.share(stream), store_.share(*result)));
    return result;
  }
  bool is_large() const { return results_.size() > remembered_max; }
  const Arguments& arguments() const { return arguments_; }

 private:
  const Series* compute(const Series& stream) {
    const auto found = by_value_.find(store_.label(stream, arguments_.logs_match_label));
    if (found == by_value_.end()) return &stream;
    const Target& target = *found->second;
    builder_.reset(store_.labels_of(stream));
    if (arguments_.labels_to_copy.empty()) {
      for (const Label& label : target.labels()) builder_.put(label.name, label.value);
    }
    for (const std::string& name : arguments_.labels_to_copy) {
      const std::string_view value = target.get(name);
      if (!value.empty()) builder_.put(name, value);
    }
    made_ = store_.intern(builder_.labels());
    return made_.get();
  }

  SeriesStore& store_;
  Arguments arguments_;
  std::unordered_map<std::string_view, const Target*> by_value_;
  // Both ends are held: an address means one stream as long as it is remembered.
  std::unordered_map<const Series*, std::pair<SeriesRef, SeriesRef>> results_;
  LabelBuilder builder_;
  SeriesRef made_;
};

class Receiver final : public LogsReceiver {
 public:
  Receiver(SeriesStore& store, std::string name) : store_(store), name_(std::move(name)) {}

  void configure(Arguments arguments) {
    fanout_.set_receivers(arguments.forward_to);
    const std::lock_guard lock(mutex_);
    enrichment_ = std::make_shared<Enrichment>(store_, std::move(arguments));
  }

  Result<void> receive(const LogBatch& batch) override {
    std::vector<LogEntry> entries(batch.entries.begin(), batch.entries.end());
    std::shared_ptr<Enrichment> used;  // Keeps the labels until the batch is through.
    {
      const std::lock_guard lock(mutex_);
      if (is_closed_) return fail(name_ + " has exited", ErrorKind::stopped);
      if (enrichment_->is_large()) {
        enrichment_ = std::make_shared<Enrichment>(store_, enrichment_->arguments());
      }
      used = enrichment_;
      const Series* before = nullptr;
      const Series* after = nullptr;
      for (LogEntry& entry : entries) {
        if (entry.labels != before) {
          before = entry.labels;
          after = used->find(*before);
        }
        entry.labels = after;
      }
    }
    return fanout_.receive(
        {.entries = entries, .delivery = batch.delivery, .read_at_ns = batch.read_at_ns});
  }

  void close() {
    fanout_.set_receivers({});
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }

  std::string capsule_display() const override { return name_; }

 private:
  SeriesStore& store_;
  const std::string name_;
  LogsFanout fanout_;
  std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<Enrichment> enrichment_;
  bool is_closed_ = false;
};

class Enrich final : public ComponentWith<Arguments, Exports> {
 public:
  using ComponentWith::ComponentWith;

  Result<> update(Arguments arguments) override {
    if (receiver_ == nullptr) {
      auto* store = options().services.find<SeriesStore>();
      ASSERT(store != nullptr);
      receiver_ = std::make_shared<Receiver>(*store, options().global_id() + ".receiver");
    }
    receiver_->configure(std::move(arguments));
    set_exports({.receiver = receiver_});
    return {};
  }

  Task<> run(StopToken stop) override {
    Event never;
    while (co_await never.wait(stop) != Wake::stopped) {
    }
    receiver_->close();
  }

 private:
  std::shared_ptr<Receiver> receiver_;
};

}  // namespace
}  // namespace alloy::loki::enrich

namespace alloy {

extern const ComponentType loki_enrich;
const ComponentType loki_enrich = {
    .name = "loki.enrich",
    .doc = "Copies labels of discovered targets to log entries.",
    .stability = Stability::experimental,
    .arguments = &schema_of<loki::enrich::Arguments>,
    .exports = &schema_of<loki::enrich::Exports>,
    .create = create<loki::enrich::Enrich>,
};

}  // namespace alloy
