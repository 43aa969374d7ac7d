// Reading a request back (from a queue's files, after a crash) ends for any bytes, and taking out
// what is too old leaves a request that can be read again.
#include <cstddef>
#include <cstdint>

#include <snappy.h>

#include "base/error.h"
#include "components/prometheus/remote_write/request_reader.h"

namespace rw = alloy::prometheus::remote_write;

// The first byte says whether the rest is compressed already, and which protocol it speaks.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string request(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0) {
    std::string compressed;
    snappy::Compress(request.data(), request.size(), &compressed);
    request = std::move(compressed);
  }
  alloy::queue::RecordInfo info;
  if (data[0] % 4 >= 2) info.format = rw::format_v2;
  const auto count = rw::count_items(request, rw::protocol_of(info));
  const auto filtered = rw::drop_older(request, info, 1000);
  if (count && filtered) {
    const auto left = rw::count_items(filtered->compressed, rw::protocol_of(info));
    ASSERT(left.has_value() && *left + filtered->dropped == *count);
  }
  if (const auto rewritten = rw::rewrite_as_v1(request, info)) {
    ASSERT(rw::count_items(rewritten->compressed, rw::Protocol::v1).has_value());
  }
  return 0;
}
