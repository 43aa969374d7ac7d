// What Azure writes into event hubs: JSON with "records", each a log of a resource; or anything
// that a customer writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::loki::source_azure_event_hubs {

// A record that has what Azure's schema of resource logs demands.
struct ResourceLog {
  std::string category;
  std::optional<int64_t> timestamp_ns;  // Nothing: it is no time.
};

struct Record {
  std::string text;                // As it stands in the message.
  std::optional<ResourceLog> log;  // Nothing: it is the customer's own.
};

// The records of a message. Fails when it is not of that form.
Result<std::vector<Record>> parse_records(std::string_view message);

}  // namespace alloy::loki::source_azure_event_hubs
