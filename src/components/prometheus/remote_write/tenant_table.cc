#include "components/prometheus/remote_write/tenant_table.h"

#include <algorithm>

namespace alloy::prometheus::remote_write {

bool is_valid_tenant(std::string_view name) {
  // The characters and the length that Mimir, Cortex and Loki agree on.
  constexpr size_t bytes_max = 150;
  constexpr std::string_view marks = "!-_.*'()";
  return name.size() <= bytes_max && name != "." && name != ".." &&
         std::ranges::all_of(name, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  marks.contains(c);
         });
}

TenantTable::TenantTable(SeriesStore& store, TenantSettings settings)
    : store_(store), settings_(std::move(settings)), stripped_(store) {
  stripped_.reset_to([label = settings_.label](LabelBuilder& labels) { labels.erase(label); });
}

uint32_t TenantTable::number_of(const Series& series) {
  std::string_view name = store_.label(series, settings_.label);
  if (name.empty()) name = settings_.fallback;
  if (!is_valid_tenant(name)) return refused;
  auto known = numbers_.find(name);
  if (known == numbers_.end()) {
    if (numbers_.size() >= tenants_max) return refused;
    known = numbers_.emplace(name, static_cast<uint32_t>(names_.size())).first;
    names_.push_back(&known->first);
  }
  return known->second;
}

std::optional<TenantTable::Found> TenantTable::find(const Series& series) {
  const uint32_t slot = series.slot();
  if (slot >= entries_.size()) {
    entries_.resize(std::max<size_t>(slot + 1, entries_.size() + entries_.size() / 4));
  }
  Entry& entry = entries_[slot];
  if (entry.uid != series.uid()) entry = {series.uid(), number_of(series)};
  if (entry.tenant == refused) return std::nullopt;
  const Series* sent = settings_.keep_label ? &series : stripped_.find(series);
  if (sent == nullptr) return std::nullopt;  // It had no other label.
  return Found{entry.tenant, sent};
}

}  // namespace alloy::prometheus::remote_write
