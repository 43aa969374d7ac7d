// What stands in log files: lines in any encoding, and compressed data of any shape.
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "components/loki/source_file/byte_source.h"
#include "components/loki/source_file/text_encoding.h"

namespace {

void read_compressed(std::string_view data, alloy::loki::source_file::Compression compression) {
  const int file = ::memfd_create("fuzz", 0);
  if (file < 0 || ::write(file, data.data(), data.size()) < 0) std::abort();
  const auto source = alloy::loki::source_file::ByteSource::create(file, compression);
  std::string into(1 << 16, '\0');
  // A small file can hold much.
  for (int64_t position = 0; position < (1 << 20);) {
    const auto size = source->read(position, into);
    if (!size || *size == 0) break;
    position += static_cast<int64_t>(*size);
  }
  (void)source->read(3, into);
  ::close(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::loki::source_file;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.empty()) return 0;
  const auto kind = static_cast<unsigned char>(text.front()) % 8;
  text.remove_prefix(1);
  if (kind < 3) {
    constexpr Compression formats[] = {Compression::gz, Compression::z, Compression::bz2};
    read_compressed(text, formats[kind]);
    return 0;
  }
  constexpr const char* names[] = {"", "UTF-16LE", "UTF-16BE", "Shift_JIS", "windows-1252"};
  auto encoding = TextEncoding::find(names[kind - 3]);
  (void)find_byte_order_mark(text);
  const size_t end = encoding->end_of_last_line(text);
  const size_t first = encoding->find_newline(text);
  if ((end > 0) != (first != std::string_view::npos)) std::abort();
  std::string out;
  encoding->append_decoded(out, text);
  if (!encoding->is_verbatim() && !alloy::is_utf8(out)) std::abort();
  return 0;
}
