// Answers of memcached servers: read or refused, and always something that can be written as
// metrics.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "components/prometheus/exporter_memcached/statistics.h"

using namespace alloy::prometheus::exporter_memcached;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string answer(reinterpret_cast<const char*>(data), size);
  (void)is_whole_answer(answer);
  alloy::MetricFamilies families;
  const auto read = read_statistics(
      {.general = answer, .items = answer, .slabs = answer, .settings = answer}, families);
  ASSERT(read.has_value() || !read.error().message().empty());
  (void)alloy::write_exposition(families);
  return 0;
}
