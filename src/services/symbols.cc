#include "services/symbols.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <memory>
#include <string_view>

#include "base/file.h"

namespace alloy {
namespace {

constexpr size_t program_bytes_max = size_t{1} << 30;

// A record of the file; zeroes where it does not reach.
template <class T>
T record_at(std::string_view file, uint64_t offset) {
  T record{};
  if (offset <= file.size() && sizeof(T) <= file.size() - offset)
    std::memcpy(&record, file.data() + offset, sizeof(T));
  return record;
}

std::string_view part(std::string_view file, uint64_t offset, uint64_t bytes) {
  return offset > file.size() ? std::string_view() : file.substr(offset, bytes);
}

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 && text ? text.get() : name;
}

}  // namespace

Symbols::Symbols() {
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* base) {
        *static_cast<uint64_t*>(base) = info->dlpi_addr;
        return 1;  // The first one is the program.
      },
      &base_);
  const auto file = read_file("/proc/self/exe", program_bytes_max);
  if (!file) return;
  const auto header = record_at<Elf64_Ehdr>(*file, 0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return;
  const auto section = [&](uint64_t index) {
    return record_at<Elf64_Shdr>(*file, header.e_shoff + index * header.e_shentsize);
  };
  for (uint64_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr table = section(i);
    if (table.sh_type != SHT_SYMTAB) continue;
    const Elf64_Shdr names = section(table.sh_link);
    names_ = part(*file, names.sh_offset, names.sh_size);
    const std::string_view entries = part(*file, table.sh_offset, table.sh_size);
    for (size_t at = 0; at + sizeof(Elf64_Sym) <= entries.size(); at += sizeof(Elf64_Sym)) {
      const auto symbol = record_at<Elf64_Sym>(entries, at);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_value == 0) continue;
      if (symbol.st_name < names_.size())
        symbols_.push_back({symbol.st_value, symbol.st_size, symbol.st_name});
    }
  }
  std::ranges::sort(symbols_, {}, &Symbol::start);
}

std::string Symbols::name_of(void* address) const {
  const uint64_t at = reinterpret_cast<uint64_t>(address) - base_;
  const auto next = std::ranges::upper_bound(symbols_, at, {}, &Symbol::start);
  if (next != symbols_.begin()) {
    const Symbol& symbol = *std::prev(next);
    if (at - symbol.start < std::max<uint64_t>(symbol.bytes, 1))
      return demangle(names_.c_str() + symbol.name);
  }
  Dl_info info{};
  if (::dladdr(address, &info) != 0 && info.dli_sname != nullptr) return demangle(info.dli_sname);
  return {};
}

}  // namespace alloy
