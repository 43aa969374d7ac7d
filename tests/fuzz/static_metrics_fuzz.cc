// Whatever the text, what prometheus.exporter.static makes of it is what it makes of that again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "components/prometheus/exporter_static/metric_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using alloy::prometheus::exporter_static::tidy_metric_text;
  const auto tidy = tidy_metric_text({reinterpret_cast<const char*>(data), size});
  if (!tidy) {
    ASSERT(!tidy.error().message().empty());
    return 0;
  }
  const auto again = tidy_metric_text(*tidy);
  ASSERT(again.has_value());
  ASSERT(*again == *tidy);
  return 0;
}
