// The stage blocks of loki.process, in the order in which they are given.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "components/loki/process/stages/container_stages.h"
#include "components/loki/process/stages/drop_stages.h"
#include "components/loki/process/stages/geoip_stage.h"
#include "components/loki/process/stages/label_stages.h"
#include "components/loki/process/stages/metrics_stage.h"
#include "components/loki/process/stages/output_stages.h"
#include "components/loki/process/stages/parser_stages.h"
#include "components/loki/process/stages/template_stages.h"
#include "components/loki/process/stages/timestamp_stage.h"

namespace alloy::loki::process {

struct StageArguments;

struct MatchArguments {
  std::string selector;
  std::vector<StageArguments> stages;
  std::string action;
  std::string pipeline_name;
  std::string drop_counter_reason;

  static constexpr Fields<5> schema();
  std::vector<FieldMistake> check_strictly() const;
};

// Exactly one of them is given.
struct StageArguments {
  std::optional<CriArguments> cri;
  std::optional<DecolorizeArguments> decolorize;
  std::optional<DockerArguments> docker;
  std::optional<DropArguments> drop;
  std::optional<EventLogMessageArguments> eventlogmessage;
  std::optional<GeoipArguments> geoip;
  std::optional<JsonArguments> json;
  std::optional<LabelKeepArguments> label_keep;
  std::optional<LabelDropArguments> label_drop;
  std::optional<LabelsArguments> labels;
  std::optional<LimitArguments> limit;
  std::optional<LogfmtArguments> logfmt;
  std::optional<LuhnArguments> luhn;
  std::optional<MatchArguments> match;
  std::optional<MetricsArguments> metrics;
  std::optional<MultilineArguments> multiline;
  std::optional<OutputArguments> output;
  std::optional<PackArguments> pack;
  std::optional<PatternArguments> pattern;
  std::optional<RegexArguments> regex;
  std::optional<ReplaceArguments> replace;
  std::optional<SplitJsonArguments> split_json;
  std::optional<StaticLabelsArguments> static_labels;
  std::optional<StructuredMetadataArguments> structured_metadata;
  std::optional<StructuredMetadataDropArguments> structured_metadata_drop;
  std::optional<SamplingArguments> sampling;
  std::optional<TemplateArguments> template_;
  std::optional<TenantArguments> tenant;
  std::optional<TruncateArguments> truncate;
  std::optional<TimestampArguments> timestamp;
  std::optional<WindowsEventArguments> windowsevent;

  static constexpr auto schema() {
    using S = StageArguments;
    return fields(
        block<&S::cri>("cri", "Lines of the Container Runtime Interface: time, stream, parts."),
        block<&S::decolorize>("decolorize", "Removes the escape sequences of terminals."),
        block<&S::docker>("docker", "Lines of Docker's JSON log driver: time, stream, text."),
        block<&S::drop>("drop", "Drops lines."),
        block<&S::eventlogmessage>("eventlogmessage", "Takes messages of Windows events apart."),
        block<&S::geoip>("geoip", "Looks up where an address is."),
        block<&S::json>("json", "Extracts values from JSON."),
        block<&S::label_keep>("label_keep", "Drops all labels but some."),
        block<&S::label_drop>("label_drop", "Drops labels."),
        block<&S::labels>("labels", "Makes extracted values labels."),
        block<&S::limit>("limit", "Limits how many lines pass."),
        block<&S::logfmt>("logfmt", "Extracts values from logfmt."),
        block<&S::luhn>("luhn", "Hides numbers such as those of credit cards."),
        block<&S::match>("match", "Applies stages to lines that a selector matches."),
        block<&S::metrics>("metrics", "Makes metrics of lines."),
        block<&S::multiline>("multiline", "Makes one line of the lines of a block."),
        block<&S::output>("output", "Makes an extracted value the line."),
        block<&S::pack>("pack", "Puts labels into the line, as JSON."),
        block<&S::pattern>("pattern", "Extracts values with a pattern of LogQL."),
        block<&S::regex>("regex", "Extracts values with a regular expression."),
        block<&S::replace>("replace", "Replaces what a regular expression finds."),
        block<&S::split_json>("split_json", "Makes a line of each element of a JSON array."),
        block<&S::static_labels>("static_labels", "Sets labels."),
        block<&S::structured_metadata>("structured_metadata",
                                       "Makes extracted values and labels metadata."),
        block<&S::structured_metadata_drop>("structured_metadata_drop", "Drops metadata."),
        block<&S::sampling>("sampling", "Lets a share of the lines pass."),
        block<&S::template_>("template", "Sets an extracted value with a template."),
        block<&S::tenant>("tenant", "Sets the tenant that the line is sent for."),
        block<&S::truncate>("truncate", "Cuts long texts."),
        block<&S::timestamp>("timestamp", "Takes the time of the line from an extracted value."),
        block<&S::windowsevent>("windowsevent", "Takes messages of Windows events apart."));
  }
};

constexpr Fields<5> MatchArguments::schema() {
  return fields(
      required<&MatchArguments::selector>("selector",
                                          "Which lines: a selector of LogQL with line filters."),
      one_of<&MatchArguments::stages>("stage", "The stages for these lines, in order."),
      optional<&MatchArguments::action>("action", "keep (the default) or drop."),
      optional<&MatchArguments::pipeline_name>("pipeline_name", "A name for these stages."),
      optional<&MatchArguments::drop_counter_reason>(
          "drop_counter_reason", "The reason that the counter of dropped lines shows."));
}

Result<StagePointer> make_stage(const MatchArguments& arguments, StageContext& context);
// Makes the one that is given.
Result<StagePointer> make_stage(const StageArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
