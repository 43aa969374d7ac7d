// loki.relabel rewrites the labels of log streams on their way from one component to another.
#include "component/component.h"
#include "components/loki/relabel/receiver.h"

namespace alloy::loki::relabel {
namespace {

struct Arguments {
  std::vector<LogsReceiverPointer> forward_to;
  std::vector<RelabelRule> rules;
  int64_t max_cache_size = 10'000;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::forward_to>("forward_to", "Where the log entries go."),
        blocks<&Arguments::rules>("rule", "Relabelling rules, applied to each stream in order."),
        optional<&Arguments::max_cache_size>("max_cache_size",
                                             "For how many label sets the result is remembered."));
  }
};

struct Exports {
  LogsReceiverPointer receiver;
  RelabelRulesPointer rules;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the entries to relabel."),
                  required<&Exports::rules>("rules", "The rules, for use by other components."));
  }
};

// An entry goes at the second sweep that finds it unused.
constexpr Duration sweep_interval = 15min;

class Relabel final : public ComponentWith<Arguments, Exports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  std::shared_ptr<Receiver> receiver_;
};

Result<> Relabel::update(Arguments arguments) {
  if (arguments.max_cache_size <= 0) return fail("must provide a positive size");
  if (receiver_ == nullptr) {
    auto* store = options().services.find<SeriesStore>();
    ASSERT(store != nullptr);
    receiver_ = std::make_shared<Receiver>(
        *store, options().metrics, options().global_id() + ".receiver", LiveLogs(options()));
  }
  const auto rules = std::make_shared<const RelabelRules>(std::move(arguments.rules));
  receiver_->configure(rules, std::move(arguments.forward_to),
                       static_cast<size_t>(arguments.max_cache_size));
  set_exports({.receiver = receiver_, .rules = rules});
  return {};
}

Task<> Relabel::run(StopToken stop) {
  while (co_await clock().sleep(sweep_interval, stop) == Wake::elapsed) receiver_->forget_unused();
  receiver_->close();
}

}  // namespace
}  // namespace alloy::loki::relabel

namespace alloy {

extern const ComponentType loki_relabel;
const ComponentType loki_relabel = {
    .name = "loki.relabel",
    .doc = "Rewrites the labels of log streams with relabelling rules.",
    .supports_live_debugging = true,
    .arguments = &schema_of<loki::relabel::Arguments>,
    .exports = &schema_of<loki::relabel::Exports>,
    .create = create<loki::relabel::Relabel>,
};

}  // namespace alloy
