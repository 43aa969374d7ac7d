// The protobuf exposition (delimited io.prometheus.client.MetricFamily messages), rewritten as text
// (TextFormat::protobuf), so that one parser reads all formats. Native histograms have no text:
// each gets a line with its series, and its content stands beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/native_histogram.h"
#include "wire/exposition.h"

namespace alloy::wire {

// The line of a native histogram: where it begins in the text, and what belongs in place of its
// value.
struct NativeLine {
  size_t offset = 0;
  NativeHistogram histogram;
  std::vector<RawExemplar> exemplars;  // Point into the message.
};

// How native histograms are read; those that are not wanted are read as classic ones.
enum class NativeHistograms : unsigned char { ignored, alone, with_classic };

// Whether start times are read: as lines of a series with _created behind the family's name.
enum class StartTimes : unsigned char { ignored, as_lines };

// Appends the whole text to `text` and the native histograms to `natives`, in the order of their
// lines. Errors: what is wrong with the message; then the text has what stands before that.
Result<void> write_as_text(std::string_view body, NativeHistograms mode, std::string& text,
                           std::vector<NativeLine>& natives,
                           StartTimes start_times = StartTimes::ignored);

}  // namespace alloy::wire
