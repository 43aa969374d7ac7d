// Modules of blackbox_exporter: read or refused with words.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "components/prometheus/exporter_blackbox/module.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto modules = alloy::prometheus::exporter_blackbox::read_modules(
      {reinterpret_cast<const char*>(data), size});
  ASSERT(modules.has_value() || !modules.error().message().empty());
  return 0;
}
