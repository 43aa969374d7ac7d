// The texts of one request of protocol 2.0, and their numbers.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace alloy::prometheus::remote_write {

class SymbolTable {
 public:
  SymbolTable();

  // Forgets everything but the empty text, which is number 0.
  void clear();
  // The number of the text; adds it if it is new (the number is size() before). Texts are borrowed
  // until clear().
  uint32_t find_or_add(std::string_view text);
  // Goes on with a copy of a text that would not live until clear().
  void keep(uint32_t number) { symbols_[number].text = kept_.emplace_back(symbols_[number].text); }

  uint32_t size() const { return static_cast<uint32_t>(symbols_.size()); }

 private:
  struct Symbol {
    uint64_t hash = 0;
    std::string_view text;
  };

  void insert(uint32_t number);
  void grow();

  std::vector<Symbol> symbols_;
  std::vector<uint32_t> places_;  // By hash: the number, or `nowhere`.
  std::deque<std::string> kept_;
};

}  // namespace alloy::prometheus::remote_write
