// The stages that drop or hold up lines: drop, limit, sampling.
#pragma once

#include <string>

#include "components/loki/process/stage.h"
#include "schema/fields.h"

namespace alloy::loki::process {

struct DropArguments {
  std::string drop_counter_reason;
  std::string source;
  std::string value;
  std::string separator;
  std::string expression;
  Duration older_than = Duration::zero();
  ByteSize longer_than;

  static constexpr auto schema() {
    return fields(
        optional<&DropArguments::drop_counter_reason>(
            "drop_counter_reason", "The reason that the counter of dropped lines shows."),
        optional<&DropArguments::source>(
            "source", "Extracted values to look at, separated by commas; else the line."),
        optional<&DropArguments::value>("value", "Drop lines whose source is exactly this."),
        optional<&DropArguments::separator>(
            "separator", "What is put between several sources; a semicolon if not given."),
        optional<&DropArguments::expression>("expression", "Drop lines whose source matches."),
        optional<&DropArguments::older_than>("older_than", "Drop lines that are older."),
        optional<&DropArguments::longer_than>("longer_than", "Drop lines of more bytes."));
  }
  std::vector<FieldMistake> check_strictly() const;
};

struct LimitArguments {
  double rate = 0;
  int64_t burst = 0;
  bool drop = false;
  std::string by_label_name;
  int64_t max_distinct_labels = 0;

  static constexpr auto schema() {
    return fields(
        required<&LimitArguments::rate>("rate", "How many lines may pass a second."),
        required<&LimitArguments::burst>("burst", "How many lines may pass at once."),
        optional<&LimitArguments::drop>("drop", "Drop what is too much; else it waits."),
        optional<&LimitArguments::by_label_name>("by_label_name",
                                                 "Limit each value of this label by itself."),
        optional<&LimitArguments::max_distinct_labels>(
            "max_distinct_labels", "How many values of the label are remembered; at least 10000."));
  }
};

struct SamplingArguments {
  std::string drop_counter_reason = "sampling_stage";
  double rate = 0;

  static constexpr auto schema() {
    return fields(
        optional<&SamplingArguments::drop_counter_reason>(
            "drop_counter_reason", "The reason that the counter of dropped lines shows."),
        required<&SamplingArguments::rate>("rate", "The share of lines that pass, from 0 to 1."));
  }
  Result<void> validate() const;
};

Result<StagePointer> make_stage(const DropArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const LimitArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const SamplingArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
