#include "components/prometheus/exporter_statsd/mapping_cache.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

std::string key_of(std::string_view name, EventType type) {
  std::string key(event_type_name(type));
  key += '.';
  return key.append(name);
}

}  // namespace

const MappedName* MappingCache::find(std::string_view name, EventType type) {
  const auto found = entries_.find(key_of(name, type));
  if (found == entries_.end()) return nullptr;
  if (kind_ == CacheKind::lru) by_use_.splice(by_use_.begin(), by_use_, found->second.used);
  return &found->second.mapped;
}

void MappingCache::make_room() {
  if (entries_.size() < size_max_) return;
  if (kind_ == CacheKind::lru) {
    entries_.erase(by_use_.back());
    by_use_.pop_back();
    return;
  }
  const size_t place = std::uniform_int_distribution<size_t>(0, keys_.size() - 1)(random_);
  entries_.erase(keys_[place]);
  if (place + 1 < keys_.size()) {
    keys_[place] = std::move(keys_.back());
    entries_.at(keys_[place]).place = place;
  }
  keys_.pop_back();
}

const MappedName& MappingCache::add(std::string_view name, EventType type, MappedName mapped) {
  make_room();
  const std::string key = key_of(name, type);
  Entry entry{.mapped = std::move(mapped)};
  if (kind_ == CacheKind::lru) {
    by_use_.push_front(key);
    entry.used = by_use_.begin();
  } else {
    entry.place = keys_.size();
    keys_.push_back(key);
  }
  return entries_.insert_or_assign(key, std::move(entry)).first->second.mapped;
}

}  // namespace alloy::prometheus::exporter_statsd
