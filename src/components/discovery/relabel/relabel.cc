// discovery.relabel rewrites the labels of targets, and leaves out those that its rules drop.
#include "signals/relabel.h"

#include "component/component.h"
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
};

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
  set_exports({.output = relabel_all(*rules, arguments.targets), .rules = rules});
  return {};
}

}  // namespace
}  // namespace alloy::discovery::relabel

namespace alloy {

extern const ComponentType discovery_relabel;
const ComponentType discovery_relabel = {
    .name = "discovery.relabel",
    .doc = "Rewrites the labels of targets with relabelling rules.",
    .arguments = &schema_of<discovery::relabel::Arguments>,
    .exports = &schema_of<discovery::relabel::Exports>,
    .create = create<discovery::relabel::Relabel>,
};

}  // namespace alloy
