// Whatever the JSON text, decoding ends; and what was decoded can be encoded and means the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "values/stdlib/json_decode.h"
#include "values/stdlib/json_encode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::stdlib;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (JsonNumbers numbers : {JsonNumbers::floating, JsonNumbers::exact}) {
    const auto value = decode_json(text, numbers);
    if (!value) {
      ASSERT(!value.error().message().empty());
      continue;
    }
    const auto encoded = encode_json(*value);
    ASSERT(encoded.has_value());
    const auto again = decode_json(*encoded, numbers);
    ASSERT(again.has_value() && alloy::equal(*value, *again));
  }
  return 0;
}
