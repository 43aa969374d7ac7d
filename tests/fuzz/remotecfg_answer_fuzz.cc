// Answers of a server of configurations: whatever it sends, reading ends with a result.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/remotecfg/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)alloy::app::remotecfg::decode_config_answer({reinterpret_cast<const char*>(data), size});
  return 0;
}
