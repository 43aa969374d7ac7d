// Log entries of Google Cloud, as anybody may publish them: all make entries, or none.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/error.h"
#include "components/loki/source_gcplog/log_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SeriesStore store;
  for (const bool has_time : {false, true}) {
    LogBatchBuilder entries;
    LabelBuilder labels;
    const auto added = loki::source_gcplog::add_log_entry(
        text, labels, {.use_incoming_timestamp = has_time}, store, 1, entries);
    ASSERT(entries.entries().size() == (added ? 1U : 0U));
  }
  return 0;
}
