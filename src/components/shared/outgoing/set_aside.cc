#include "components/shared/outgoing/set_aside.h"

namespace alloy::outgoing {

bool SetAside::takes(std::string_view tenant) const {
  return records_ < records_max && (has(tenant) || tenants_.size() < tenants_max);
}

bool SetAside::add(std::string_view tenant, const queue::Record& record) {
  auto found = tenants_.find(tenant);
  const bool is_first = found == tenants_.end();
  if (is_first) found = tenants_.emplace(tenant, Places()).first;
  const uint64_t sequence = record.header.sequence;
  const Place place{sequence, record.offset, record.header.info.total()};
  if (found->second.emplace(sequence, place).second) ++records_;
  return is_first;
}

std::optional<SetAside::Place> SetAside::first(std::string_view tenant) const {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return std::nullopt;
  return found->second.begin()->second;
}

void SetAside::remove(std::string_view tenant, uint64_t sequence) {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return;
  records_ -= found->second.erase(sequence);
  if (found->second.empty()) tenants_.erase(found);
}

}  // namespace alloy::outgoing
