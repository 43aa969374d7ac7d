// Names of the functions of this process, for profiles: from the symbol tables of the program and
// of its libraries, as far as they have not been stripped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alloy {

class Symbols {
 public:
  // Reads the program's own symbol table.
  Symbols();

  // The function an address lies in, demangled; empty if that is not known.
  std::string name_of(void* address) const;

 private:
  struct Symbol {
    uint64_t start = 0;
    uint64_t bytes = 0;
    uint32_t name = 0;  // Where it starts in names_.
  };
  uint64_t base_ = 0;  // Where the program was loaded.
  std::string names_;
  std::vector<Symbol> symbols_;  // Sorted by address.
};

}  // namespace alloy
