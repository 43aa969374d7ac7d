#include "components/prometheus/remote_write/request_writer.h"

#include <snappy.h>

#include "components/prometheus/remote_write/batch_writer.h"
#include "components/prometheus/remote_write/batch_writer_2.h"

namespace alloy::prometheus::remote_write {

std::unique_ptr<RequestWriter> make_request_writer(Protocol protocol, LabelPool& pool) {
  if (protocol == Protocol::v2) return std::make_unique<BatchWriter2>(pool);
  return std::make_unique<BatchWriter>(pool);
}

std::string_view finish_request(Protocol protocol, std::span<char> block, size_t used,
                                uint32_t unpacked, std::string& scratch) {
  // Requests of 1.0 are written in their compressed form.
  if (protocol == Protocol::v1) return SnappyWriter::finish(block, used, unpacked);
  snappy::Compress(block.data(), used, &scratch);
  return scratch;
}

}  // namespace alloy::prometheus::remote_write
