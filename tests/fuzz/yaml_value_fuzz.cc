// Whatever the YAML text, decoding ends, and gives a value or says why not.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "values/stdlib/yaml_decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value =
      alloy::stdlib::decode_yaml(std::string(reinterpret_cast<const char*>(data), size));
  ASSERT(value.has_value() || !value.error().message().empty());
  return 0;
}
