// Finds the stage that a block means.
#include "components/loki/process/stage_arguments.h"

namespace alloy::loki::process {
namespace {

// Makes the first of several stages that is given.
template <class... Stages>
Result<StagePointer> make_first(StageContext& context, const std::optional<Stages>&... stages) {
  Result<StagePointer> made = fail("a stage block without a stage");
  const auto make = [&](const auto& stage) {
    if (stage) made = make_stage(*stage, context);
    return stage.has_value();
  };
  (void)(make(stages) || ...);
  return made;
}

}  // namespace

Result<StagePointer> make_stage(const StageArguments& stage, StageContext& context) {
  return make_first(
      context, stage.cri, stage.decolorize, stage.docker, stage.drop, stage.eventlogmessage,
      stage.geoip, stage.json, stage.label_keep, stage.label_drop, stage.labels, stage.limit,
      stage.logfmt, stage.luhn, stage.match, stage.metrics, stage.multiline, stage.output,
      stage.pack, stage.pattern, stage.regex, stage.replace, stage.split_json, stage.static_labels,
      stage.structured_metadata, stage.structured_metadata_drop, stage.sampling, stage.template_,
      stage.tenant, stage.truncate, stage.timestamp, stage.windowsevent);
}

}  // namespace alloy::loki::process
