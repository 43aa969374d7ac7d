// What flows through a logs pipeline: one batch for each chunk that a source has read.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "signals/delivery.h"
#include "signals/labels.h"
#include "signals/series.h"

namespace alloy {

// A line and what is known about it; as in a push request of Loki. Small, so that a stage copies
// the entries of a batch, changes or leaves out some, and passes the copies on: text is not copied.
struct LogEntry {
  // The labels of the stream, interned in the program's SeriesStore like those of metrics (here
  // values may be empty). One address means one label set, so what a stage or writer makes of it
  // can be remembered by slot() and uid(). Consecutive entries usually have the same.
  const Series* labels = nullptr;
  int64_t timestamp_ns = 0;
  std::string_view line;  // Without its line break.
  std::span<const Label> structured_metadata;
  std::span<const Label> parsed;
};

// Borrowed from the sender for the length of the call: lines, labels, and the memory of all spans.
// Who keeps entries copies their text and acquires their series. Lines of a batch usually lie in
// one chunk of the sender's memory. Entries are in the order in which they were read.
struct LogBatch {
  std::span<const LogEntry> entries;
  // Kept by whoever keeps entries, until they are durable; null: nobody waits for that.
  DeliveryPointer delivery;
  int64_t read_at_ns = 0;  // When the source read them; 0: unknown.

  bool empty() const { return entries.empty(); }
};

}  // namespace alloy
