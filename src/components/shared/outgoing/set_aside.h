// Records of those tenants that an endpoint limits just now, so that they don't hold up the others.
//
// Only where they are is remembered; what they hold stays in the queue, as does its cursor, until
// the endpoint has taken them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "queue/record.h"

namespace alloy::outgoing {

// Not thread-safe.
class SetAside {
 public:
  struct Place {
    uint64_t sequence = 0;
    uint64_t offset = 0;
    queue::Counts counts = {};
  };
  // Beyond these, records are sent in their order whoever they belong to.
  static constexpr size_t tenants_max = 256;
  static constexpr size_t records_max = 20'000;

  bool has(std::string_view tenant) const { return tenants_.contains(tenant); }
  bool is_empty() const { return tenants_.empty(); }
  // Whether there is room for a record of this tenant.
  bool takes(std::string_view tenant) const;
  // True: it is the tenant's first, and nobody tries them yet.
  bool add(std::string_view tenant, const queue::Record& record);
  // The tenant's oldest.
  std::optional<Place> first(std::string_view tenant) const;
  // The record is done with; a tenant without any more is limited no longer.
  void remove(std::string_view tenant, uint64_t sequence);
  void clear() { *this = {}; }

  size_t records() const { return records_; }

 private:
  using Places = std::map<uint64_t, Place>;  // By sequence.
  std::map<std::string, Places, std::less<>> tenants_;
  size_t records_ = 0;
};

}  // namespace alloy::outgoing
