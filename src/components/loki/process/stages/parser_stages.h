// The stages that take a line, or an extracted value, apart into extracted values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/loki/process/stage.h"
#include "schema/fields.h"

namespace alloy::loki::process {

struct JsonArguments {
  std::map<std::string, std::string> expressions;
  std::string regex;
  std::optional<std::string> source;
  bool drop_malformed = false;

  static constexpr auto schema() {
    return fields(
        optional<&JsonArguments::expressions>(
            "expressions", "Values to extract and the JMESPath of each; empty: its name."),
        optional<&JsonArguments::regex>("regex", "Members whose names match are extracted too."),
        optional<&JsonArguments::source>("source", "The extracted value to read; else the line."),
        optional<&JsonArguments::drop_malformed>("drop_malformed",
                                                 "Drop lines that are no JSON object."));
  }
};

struct LogfmtArguments {
  std::map<std::string, std::string> mapping;
  std::string source;
  std::string regex;

  static constexpr auto schema() {
    return fields(
        optional<&LogfmtArguments::mapping>(
            "mapping", "Values to extract and the key of each; empty: its name."),
        optional<&LogfmtArguments::source>("source", "The extracted value to read; else the line."),
        optional<&LogfmtArguments::regex>("regex", "Keys that match are extracted too."));
  }
};

struct RegexArguments {
  std::string expression;
  std::optional<std::string> source;
  bool labels_from_groups = false;

  static constexpr auto schema() {
    return fields(
        required<&RegexArguments::expression>("expression",
                                              "Its named groups become extracted values."),
        optional<&RegexArguments::source>("source", "The extracted value to read; else the line."),
        optional<&RegexArguments::labels_from_groups>("labels_from_groups",
                                                      "Make the groups labels, too."));
  }
  std::vector<FieldMistake> check_strictly() const;
};

struct PatternArguments {
  std::string pattern;
  std::optional<std::string> source;
  bool labels_from_groups = false;

  static constexpr auto schema() {
    return fields(required<&PatternArguments::pattern>(
                      "pattern", "Its captures, <name>, become extracted values."),
                  optional<&PatternArguments::source>(
                      "source", "The extracted value to read; else the line."),
                  optional<&PatternArguments::labels_from_groups>(
                      "labels_from_groups", "Make the captures labels, too."));
  }
  std::vector<FieldMistake> check_strictly() const;
};

struct EventLogMessageArguments {
  std::string source = "message";
  bool drop_invalid_labels = false;
  bool overwrite_existing = false;

  static constexpr auto schema() {
    return fields(
        optional<&EventLogMessageArguments::source>("source", "The extracted value to read."),
        optional<&EventLogMessageArguments::drop_invalid_labels>(
            "drop_invalid_labels", "Leave out names that are no label names."),
        optional<&EventLogMessageArguments::overwrite_existing>(
            "overwrite_existing", "Replace extracted values instead of adding _extracted."));
  }
  Result<void> validate() const;
};

struct WindowsEventArguments {
  std::string source = "message";
  bool drop_invalid_labels = false;
  bool overwrite_existing = false;

  static constexpr auto schema() {
    return fields(
        optional<&WindowsEventArguments::source>("source", "The extracted value to read."),
        optional<&WindowsEventArguments::drop_invalid_labels>(
            "drop_invalid_labels", "Leave out names that are no label names."),
        optional<&WindowsEventArguments::overwrite_existing>(
            "overwrite_existing", "Replace extracted values instead of adding _extracted."));
  }
  Result<void> validate() const;
};

Result<StagePointer> make_stage(const JsonArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const LogfmtArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const RegexArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const PatternArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const EventLogMessageArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const WindowsEventArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
