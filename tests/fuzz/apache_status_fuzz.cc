// Status pages of Apache: read or refused, and always something that can be written as metrics.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "components/prometheus/exporter_apache/status_page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  alloy::MetricFamilies families;
  const auto read = alloy::prometheus::exporter_apache::read_status_page(
      {reinterpret_cast<const char*>(data), size}, families);
  ASSERT(read.has_value() || !read.error().message().empty());
  (void)alloy::write_exposition(families);
  return 0;
}
