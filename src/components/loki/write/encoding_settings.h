// Everything about an endpoint that changes what its queue holds. Endpoints with equal settings
// share one queue: a batch is encoded and compressed once for all of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/duration.h"

namespace alloy::loki::write {

struct EncodingSettings {
  std::map<std::string, std::string> external_labels;
  std::string tenant_id;         // Of streams without a tenant of their own.
  size_t batch_bytes = 1 << 20;  // A request takes no more bytes of lines and metadata.
  Duration batch_wait = 1s;      // A request that is not full is sent after this time.
  size_t streams_max = 0;        // In a request; 0: no limit.
  size_t lanes = 1;              // Requests that are independent of each other.
  // How much may wait in the queue, compressed, before it is full; 0: as much as the disk gives.
  uint64_t capacity_bytes = 0;
  // When it is full: whether new entries are dropped, and not who brings them held up. Such an
  // endpoint has a queue of its own, whose owner this names.
  std::string drops_for;

  // The same number for equal settings, also in the next run of the program.
  uint64_t hash() const;
};

}  // namespace alloy::loki::write
