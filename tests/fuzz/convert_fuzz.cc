// Whatever the configuration of another program, converting it ends, and what comes out is one that
// we can read: nothing critical and no text, or a text that parses.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "component/registry.h"
#include "convert/convert.h"
#include "syntax/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  for (const char* format : {"prometheus", "promtail"}) {
    const convert::Conversion converted =
        convert::convert(format, {.text = std::string(reinterpret_cast<const char*>(data), size),
                                  .catalogue = built_in_components()});
    if (converted.diagnostics.has(convert::Severity::critical)) continue;
    ASSERT(syntax::parse_file(syntax::make_source("converted", converted.text)).has_value());
  }
  return 0;
}
