// discovery.relabel rewrites the labels of targets, and leaves out those that its rules drop.
#include "signals/relabel.h"

#include "component/component.h"
#include "services/live_debugging.h"
#include "signals/targets.h"

namespace alloy::discovery::relabel {
namespace {

struct Arguments {
  TargetList targets;
  std::vector<RelabelRule> rules;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::targets>("targets", "The targets to relabel."),
        blocks<&Arguments::rules>("rule", "Relabelling rules, applied to each target in order."));
  }
};

struct Exports {
  TargetList output;
  RelabelRulesPointer rules;

  static constexpr auto schema() {
    return fields(required<&Exports::output>("output", "The targets after relabelling."),
                  required<&Exports::rules>("rules", "The rules, for use by other components."));
  }
};

class Relabel final : public ComponentWith<Arguments, Exports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  void show(const TargetList& before, const TargetList& after) const;
};

std::string describe_list(const TargetList& targets) {
  std::string out = "[";
  for (const Target& target : targets) {
    if (out.size() > 1) out += ", ";
    out += target.describe();
  }
  return out + "]";
}

// Shares what the rules leave as it is. A label with an empty value is none.
TargetList relabel_all(const RelabelRules& rules, const TargetList& targets) {
  std::vector<Target> output;
  output.reserve(targets.size());
  LabelBuilder builder;
  for (const Target& target : targets) {
    const std::vector<Label> labels = target.labels();
    builder.reset(labels);
    builder.erase_if([](const Label& label) { return label.value.empty(); });
    if (!rules.apply(builder, LabelNameRules::utf8)) continue;
    const bool is_unchanged = std::ranges::equal(builder.labels(), labels);
    output.push_back(is_unchanged ? target : builder.build());
  }
  return TargetList(std::move(output));
}

Result<> Relabel::update(Arguments arguments) {
  const auto rules = std::make_shared<const RelabelRules>(std::move(arguments.rules));
  TargetList output = relabel_all(*rules, arguments.targets);
  show(arguments.targets, output);
  set_exports({.output = std::move(output), .rules = rules});
  return {};
}

// For live debugging: the whole lists, since any of them may have changed.
void Relabel::show(const TargetList& before, const TargetList& after) const {
  auto* debugging = options().services.find<LiveDebugging>();
  if (debugging == nullptr) return;
  const auto channel = debugging->channel(options().global_id());
  if (!channel->is_watched()) return;
  LiveData data{.type = LiveDataType::target, .count = after.size()};
  if (channel->is_read()) data.records = {describe_list(before) + " => " + describe_list(after)};
  channel->publish(data);
}

}  // namespace
}  // namespace alloy::discovery::relabel

namespace alloy {

extern const ComponentType discovery_relabel;
const ComponentType discovery_relabel = {
    .name = "discovery.relabel",
    .doc = "Rewrites the labels of targets with relabelling rules.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::relabel::Arguments>,
    .exports = &schema_of<discovery::relabel::Exports>,
    .create = create<discovery::relabel::Relabel>,
};

}  // namespace alloy
