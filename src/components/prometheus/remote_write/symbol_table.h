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
  struct Symbol {
    uint64_t hash = 0;
    std::string_view text;
    // Of a label's name: the value that was written last under it, and where.
    std::string_view value_text;
    uint32_t value_position = 0;
  };

  SymbolTable();

  // Forgets everything but the empty text, which is number 0.
  void clear();
  // The number of the text; adds it if it is new (the number is size() before). Texts are borrowed
  // until clear().
  uint32_t find_or_add(std::string_view text);
  // Keeps a copy of a text until clear().
  std::string_view keep(std::string_view text) { return kept_.emplace_back(text); }

  uint32_t size() const { return static_cast<uint32_t>(symbols_.size()); }
  Symbol& operator[](uint32_t number) { return symbols_[number]; }

 private:
  void insert(uint32_t number);
  void grow();

  std::vector<Symbol> symbols_;
  std::vector<uint32_t> places_;  // By hash: the number, or `nowhere`.
  std::deque<std::string> kept_;
};

}  // namespace alloy::prometheus::remote_write
