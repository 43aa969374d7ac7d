// The stages that put lines together or take them apart: cri, docker, multiline, split_json.
#pragma once

#include <optional>
#include <string>

#include "components/loki/process/stage.h"
#include "schema/fields.h"

namespace alloy::loki::process {

struct CriArguments {
  int64_t max_partial_lines = 100;
  uint64_t max_partial_line_size = 0;
  bool max_partial_line_size_truncate = false;

  static constexpr auto schema() {
    return fields(
        optional<&CriArguments::max_partial_lines>(
            "max_partial_lines", "Of how many streams unfinished lines may be held back."),
        optional<&CriArguments::max_partial_line_size>(
            "max_partial_line_size", "How many bytes of a line in parts are kept."),
        optional<&CriArguments::max_partial_line_size_truncate>(
            "max_partial_line_size_truncate", "Whether lines in parts are cut to that size."));
  }
  Result<void> validate() const;
};

struct DockerArguments {
  static constexpr Fields<0> schema() { return {}; }
};

struct MultilineArguments {
  std::string firstline;
  uint64_t max_lines = 128;
  Duration max_wait_time = std::chrono::seconds(3);
  bool trim_newlines = true;

  static constexpr auto schema() {
    return fields(required<&MultilineArguments::firstline>(
                      "firstline", "What the first line of a block looks like."),
                  optional<&MultilineArguments::max_lines>(
                      "max_lines", "How many lines a block may have; 0: any number."),
                  optional<&MultilineArguments::max_wait_time>(
                      "max_wait_time", "How long to wait for another line of a block."),
                  optional<&MultilineArguments::trim_newlines>(
                      "trim_newlines", "Remove line breaks from the ends of lines."));
  }
  Result<void> validate() const;
  std::vector<FieldMistake> check_strictly() const;
};

// The name of an extracted value, which can't be empty.
struct SourceName {
  std::string name;
  friend bool operator==(const SourceName&, const SourceName&) = default;
};

struct SplitJsonArguments {
  std::optional<SourceName> source;

  static constexpr Fields<1> schema();
};

Result<StagePointer> make_stage(const CriArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const DockerArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const MultilineArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const SplitJsonArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process

namespace alloy {

template <>
struct MemberTraits<loki::process::SourceName> {
  static constexpr std::string_view name = "string";
  static Result<loki::process::SourceName> parse(std::string_view text) {
    if (text.empty()) return fail("source cannot be empty");
    return loki::process::SourceName{std::string(text)};
  }
  static std::string format(const loki::process::SourceName& value) { return value.name; }
};

}  // namespace alloy

namespace alloy::loki::process {

constexpr Fields<1> SplitJsonArguments::schema() {
  return fields(optional<&SplitJsonArguments::source>(
      "source", "The extracted value with the array; else the line."));
}

}  // namespace alloy::loki::process
