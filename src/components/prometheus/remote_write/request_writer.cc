#include "components/prometheus/remote_write/request_writer.h"

#include "components/prometheus/remote_write/batch_writer.h"
#include "components/prometheus/remote_write/batch_writer_2.h"

namespace alloy::prometheus::remote_write {

std::unique_ptr<RequestWriter> make_request_writer(Protocol protocol, LabelPool& pool) {
  if (protocol == Protocol::v2) return std::make_unique<BatchWriter2>(pool);
  return std::make_unique<BatchWriter>(pool);
}

}  // namespace alloy::prometheus::remote_write
