// stage.timestamp: the time of a line comes from an extracted value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "components/loki/process/stage.h"
#include "schema/fields.h"

namespace alloy::loki::process {

struct TimestampArguments {
  std::string source;
  std::string format;
  std::vector<std::string> fallback_formats;
  std::optional<std::string> location;
  std::string action_on_failure;
  std::string action_on_duplicate_timestamp;

  static constexpr auto schema() {
    return fields(
        required<&TimestampArguments::source>("source", "The extracted value with the time."),
        required<&TimestampArguments::format>(
            "format", "How it is written: a name such as RFC3339 or Unix, or a layout of Go."),
        optional<&TimestampArguments::fallback_formats>("fallback_formats",
                                                        "Formats to try when that fails."),
        optional<&TimestampArguments::location>("location",
                                                "The time zone of times that name none."),
        optional<&TimestampArguments::action_on_failure>(
            "action_on_failure",
            "What to do without a time: fudge (one nanosecond after the line before, the default) "
            "or skip."),
        optional<&TimestampArguments::action_on_duplicate_timestamp>(
            "action_on_duplicate_timestamp",
            "What to do when a stream repeats a time: fudge (the default) or keep."));
  }
};

Result<StagePointer> make_stage(const TimestampArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
