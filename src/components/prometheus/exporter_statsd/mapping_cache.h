// Remembers what names became, so that a name is compared with all mappings once only.
#pragma once

#include <cstdint>
#include <list>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "components/prometheus/exporter_statsd/mapping.h"

namespace alloy::prometheus::exporter_statsd {

enum class CacheKind : unsigned char { lru, random };  // Which entry gives way to a new one.

class MappingCache {
 public:
  MappingCache(CacheKind kind, size_t size_max) : kind_(kind), size_max_(size_max) {}

  // Null if it is not known. Valid until the next add().
  const MappedName* find(std::string_view name, EventType type);
  const MappedName& add(std::string_view name, EventType type, MappedName mapped);
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    MappedName mapped;
    std::list<std::string>::iterator used;  // Of an LRU.
    size_t place = 0;                       // Among keys_, otherwise.
  };
  void make_room();

  CacheKind kind_;
  size_t size_max_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> by_use_;  // The last used first.
  std::vector<std::string> keys_;
  std::minstd_rand random_;
};

}  // namespace alloy::prometheus::exporter_statsd
