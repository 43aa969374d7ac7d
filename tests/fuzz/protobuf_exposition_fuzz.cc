// Protobuf expositions of any content: rewritten as text in which every native histogram has its
// line, up to what is broken.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/exposition.h"
#include "wire/protobuf_exposition.h"

using namespace alloy::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto mode = static_cast<NativeHistograms>(data[0] % 3);
  std::string text;
  std::vector<NativeLine> natives;
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  // Also the text in front of what is broken.
  (void)write_as_text(body, mode, text, natives);
  for (const NativeLine& line : natives) {
    if (line.offset >= text.size() || text[line.offset] != '{') std::abort();
    (void)alloy::find_problem(line.histogram);
  }
  ExpositionParser parser(text, TextFormat::protobuf);
  for (;;) {
    const auto entry = parser.next();
    if (entry == ExpositionParser::Entry::end || entry == ExpositionParser::Entry::failed) return 0;
  }
}
