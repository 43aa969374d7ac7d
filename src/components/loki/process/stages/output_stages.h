// The stages that change the line itself: decolorize, luhn, output, pack, truncate.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "components/loki/process/stage.h"
#include "components/loki/process/stages/label_stages.h"
#include "schema/fields.h"

namespace alloy::loki::process {

struct DecolorizeArguments {
  static constexpr Fields<0> schema() { return {}; }
};

struct LuhnArguments {
  std::string replacement;
  std::optional<std::string> source;
  int64_t min_length = 0;
  std::string delimiters;
  std::string skip_regex;

  static constexpr auto schema() {
    return fields(
        optional<&LuhnArguments::replacement>(
            "replacement", "What stands for a number; **REDACTED** if not given."),
        optional<&LuhnArguments::source>("source", "The extracted value to read; else the line."),
        optional<&LuhnArguments::min_length>("min_length",
                                             "How many digits a number has at least; else 13."),
        optional<&LuhnArguments::delimiters>("delimiters",
                                             "Characters that may stand between digits."),
        optional<&LuhnArguments::skip_regex>("skip_regex",
                                             "Numbers inside of what matches are left alone."));
  }
};

struct OutputArguments {
  std::string source;

  static constexpr auto schema() {
    return fields(
        required<&OutputArguments::source>("source", "The extracted value that becomes the line."));
  }
};

struct PackArguments {
  std::vector<std::string> labels;
  bool ingest_timestamp = true;

  static constexpr auto schema() {
    return fields(required<&PackArguments::labels>(
                      "labels", "Labels and extracted values to pack into the line."),
                  optional<&PackArguments::ingest_timestamp>("ingest_timestamp",
                                                             "Give the line the present time."));
  }
};

struct TruncateRule {
  ByteSize limit;
  std::string suffix;
  std::vector<std::string> sources;
  SourceType source_type = SourceType::line;

  static constexpr auto schema() {
    return fields(
        required<&TruncateRule::limit>("limit", "How many bytes are kept, suffix included."),
        optional<&TruncateRule::suffix>("suffix", "What is put behind what was cut."),
        optional<&TruncateRule::sources>("sources",
                                         "The names of what to cut; all of them if not given."),
        optional<&TruncateRule::source_type>(
            "source_type", "What to cut: line, label, structured_metadata or extracted."));
  }
  Result<void> validate() const;
};

struct TruncateArguments {
  std::vector<TruncateRule> rules;

  static constexpr auto schema() {
    return fields(required_blocks<&TruncateArguments::rules>("rule", "What to cut, in order."));
  }
};

Result<StagePointer> make_stage(const DecolorizeArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const LuhnArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const OutputArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const PackArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const TruncateArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
