// Whatever the JSONPath, parsing it ends, and so does following it through a document.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "values/stdlib/json_decode.h"
#include "values/stdlib/json_path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::stdlib;
  static const alloy::Value document = *decode_json(
      R"({"a":[{"b":1,"t":"x"},{"b":2,"c":[1,[2,[3]]]}],"d":{"e":{"b":null,"f":true}}})",
      JsonNumbers::exact);
  if (size > 200) return 0;
  const auto path = parse_json_path({reinterpret_cast<const char*>(data), size});
  if (!path) {
    ASSERT(!path.error().message().empty());
    return 0;
  }
  find_all(*path, document);
  return 0;
}
