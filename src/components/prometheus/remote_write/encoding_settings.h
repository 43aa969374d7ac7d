// Everything about an endpoint that changes the bytes of its requests. Endpoints with equal
// settings share one queue: a batch is encoded once for all of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/duration.h"
#include "components/prometheus/remote_write/request_writer.h"
#include "signals/relabel.h"

namespace alloy::prometheus::remote_write {

struct EncodingSettings {
  Protocol protocol = Protocol::v1;
  std::map<std::string, std::string> external_labels;
  RelabelRulesPointer relabel_rules;  // Null or empty: none.
  bool send_exemplars = true;
  bool send_native_histograms = false;
  size_t samples_max = 2000;     // A request takes no more samples, exemplars and histograms.
  Duration batch_deadline = 5s;  // A request that is not full is sent after this time.

  // The same number for equal settings, also in the next run of the program.
  uint64_t hash() const;
};

}  // namespace alloy::prometheus::remote_write
