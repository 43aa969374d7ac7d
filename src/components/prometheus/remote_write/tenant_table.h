// Which tenant each series belongs to, as one of its labels says.
//
// The value of that label goes into a header of the request, so only what makes a tidy name there
// is a tenant; series of any other are refused rather than sent to somebody else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "components/prometheus/remote_write/encoding_settings.h"
#include "signals/relabel_cache.h"
#include "signals/series.h"

namespace alloy::prometheus::remote_write {

// Not thread-safe.
class TenantTable {
 public:
  // More than any installation has; what comes from outside must not grow without end.
  static constexpr size_t tenants_max = 10'000;

  TenantTable(SeriesStore& store, TenantSettings settings);

  struct Found {
    uint32_t tenant = 0;             // A number; equal for series of one tenant.
    const Series* series = nullptr;  // As it is sent: without the label, unless that stays.
  };
  // Empty: the series has no valid tenant. The result is valid until release_forgotten().
  std::optional<Found> find(const Series& series);
  const std::string& name(uint32_t tenant) const { return *names_[tenant]; }

  // The series ended.
  void forget(const Series& series) { stripped_.forget(series); }
  // See RelabelCache.
  void sweep(bool and_unused) { stripped_.sweep(and_unused); }

 private:
  static constexpr uint32_t refused = UINT32_MAX;
  struct Entry {
    uint64_t uid = 0;  // Of the series; 0: none.
    uint32_t tenant = 0;
  };
  uint32_t number_of(const Series& series);

  SeriesStore& store_;
  const TenantSettings settings_;
  RelabelCache stripped_;
  std::map<std::string, uint32_t, std::less<>> numbers_;
  std::vector<const std::string*> names_;  // By number; the keys of the map.
  std::vector<Entry> entries_;             // By slot.
};

}  // namespace alloy::prometheus::remote_write
