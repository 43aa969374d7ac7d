// Messages of Azure's event hubs: records come as they stand in the message.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "components/loki/source_azure_event_hubs/records.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto records = alloy::loki::source_azure_event_hubs::parse_records(message);
  if (!records) return 0;
  for (const auto& record : *records)
    ASSERT(message.contains(record.text) || message.contains('\''));
  return 0;
}
