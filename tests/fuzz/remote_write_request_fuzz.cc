// Reading a request back (from a queue's files, after a crash) ends for any bytes, and taking out
// what is too old leaves a request that can be read again.
#include <cstddef>
#include <cstdint>

#include <snappy.h>

#include "base/error.h"
#include "components/prometheus/remote_write/request_reader.h"

namespace rw = alloy::prometheus::remote_write;

// The first byte says whether the rest is compressed already.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string request(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0) {
    std::string compressed;
    snappy::Compress(request.data(), request.size(), &compressed);
    request = std::move(compressed);
  }
  const auto count = rw::count_series(request);
  const auto filtered = rw::drop_older(request, {}, 1000);
  if (count && filtered) {
    const auto left = rw::count_series(filtered->compressed);
    ASSERT(left.has_value() && *left <= *count);
  }
  return 0;
}
