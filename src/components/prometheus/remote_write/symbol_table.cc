#include "components/prometheus/remote_write/symbol_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace alloy::prometheus::remote_write {
namespace {

constexpr uint32_t nowhere = UINT32_MAX;
constexpr size_t places_initially = 4096;

}  // namespace

SymbolTable::SymbolTable() { clear(); }

void SymbolTable::clear() {
  symbols_.clear();
  kept_.clear();
  places_.assign(places_initially, nowhere);
  find_or_add({});
}

void SymbolTable::insert(uint32_t number) {
  const size_t mask = places_.size() - 1;
  size_t place = symbols_[number].hash & mask;
  while (places_[place] != nowhere) place = (place + 1) & mask;
  places_[place] = number;
}

void SymbolTable::grow() {
  places_.assign(2 * places_.size(), nowhere);
  for (uint32_t number = 0; number < size(); ++number) insert(number);
}

uint32_t SymbolTable::find_or_add(std::string_view text) {
  const uint64_t hash = XXH3_64bits(text.data(), text.size());
  const size_t mask = places_.size() - 1;
  size_t place = hash & mask;
  for (; places_[place] != nowhere; place = (place + 1) & mask) {
    const Symbol& symbol = symbols_[places_[place]];
    if (symbol.hash == hash && symbol.text == text) return places_[place];
  }
  const uint32_t number = size();
  places_[place] = number;
  symbols_.push_back({hash, text});
  if (2 * symbols_.size() > places_.size()) grow();
  return number;
}

}  // namespace alloy::prometheus::remote_write
