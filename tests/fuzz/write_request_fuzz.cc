// Remote write requests of either protocol, from whoever sends them, are read or refused.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "wire/remote_write.h"

// The first byte chooses the protocol.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view message(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto protocol = data[0] % 2 == 0 ? alloy::wire::RemoteWriteProtocol::v1
                                         : alloy::wire::RemoteWriteProtocol::v2;
  alloy::wire::WriteRequest request;
  const bool is_read = request.parse(message, protocol).has_value();
  ASSERT(is_read || request.series().empty());
  size_t bytes = 0;
  for (const auto& series : request.series()) {
    for (const alloy::Label& label : request.labels(series.labels)) bytes += label.name.size();
    for (const auto& sample : request.histograms(series)) {
      bytes += alloy::find_problem(sample.histogram).size();
    }
    for (const auto& exemplar : request.exemplars(series)) {
      for (const alloy::Label& label : request.labels(exemplar.labels)) bytes += label.value.size();
    }
    bytes += request.samples(series).size() + series.problem.size();
  }
  return bytes == SIZE_MAX ? 1 : 0;
}
