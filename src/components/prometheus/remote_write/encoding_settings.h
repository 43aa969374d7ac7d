// Everything about an endpoint that changes the bytes of its requests. Endpoints with equal
// settings share one queue: a batch is encoded once for all of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "components/prometheus/remote_write/request_writer.h"
#include "signals/relabel.h"

namespace alloy::prometheus::remote_write {

// Which tenant a series belongs to.
struct TenantSettings {
  std::string label;     // Its value is the tenant.
  std::string fallback;  // Of series without the label; empty: they are of no tenant.
  bool keep_label = false;
};

// Whether it may be named in a request; the empty name, of no tenant, is valid too.
bool is_valid_tenant(std::string_view name);

struct EncodingSettings {
  Protocol protocol = Protocol::v1;
  std::map<std::string, std::string> external_labels;
  RelabelRulesPointer relabel_rules;  // Null or empty: none.
  bool send_exemplars = true;
  bool send_native_histograms = false;
  std::optional<TenantSettings> tenants;  // Empty: all series are of one.
  size_t samples_max = 2000;     // A request takes no more samples, exemplars and histograms.
  Duration batch_deadline = 5s;  // A request that is not full is sent after this time.

  // The same number for equal settings, also in the next run of the program.
  uint64_t hash() const;
};

}  // namespace alloy::prometheus::remote_write
