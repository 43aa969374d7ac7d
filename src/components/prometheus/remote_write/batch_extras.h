// What a batch says about its samples besides, for requests that keep it together (protocol 2.0):
// start timestamps, exemplars and metadata.
#pragma once

#include <vector>

#include "components/prometheus/remote_write/metadata_table.h"
#include "components/prometheus/remote_write/request_writer.h"

namespace alloy::prometheus::remote_write {

class BatchExtras {
 public:
  enum class Exemplars : unsigned char { ignored, attached };

  // Goes over to another batch, which must outlive the use.
  void begin(const MetricBatch& batch, MetadataTable& metadata, Exemplars exemplars);

  // Of a sample or histogram. An exemplar goes with the first that asks for its series. Valid until
  // the next call.
  const Extras& find(const Series& series, int64_t timestamp_ms) {
    if (is_plain_) [[likely]]
      return extras_;
    return look_up(series, timestamp_ms);
  }
  // The exemplars that went with nothing.
  std::vector<const Exemplar*> left_over() const;

 private:
  struct Attachment {
    const Exemplar* exemplar;
    bool is_attached = false;
  };
  const Extras& look_up(const Series& series, int64_t timestamp_ms);

  bool is_plain_ = true;
  MetadataTable* metadata_ = nullptr;
  std::vector<const CreatedTimestamp*> created_;  // By series and time.
  std::vector<Attachment> exemplars_;             // By series.
  std::vector<const Exemplar*> found_;
  Extras extras_;
};

}  // namespace alloy::prometheus::remote_write
