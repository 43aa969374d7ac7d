#include "components/prometheus/remote_write/batch_extras.h"

#include <algorithm>

namespace alloy::prometheus::remote_write {

void BatchExtras::begin(const MetricBatch& batch, MetadataTable& metadata, Exemplars exemplars) {
  metadata_ = &metadata;
  extras_ = {};
  created_.clear();
  exemplars_.clear();
  for (const CreatedTimestamp& created : batch.created) created_.push_back(&created);
  std::ranges::sort(created_, {}, [](const CreatedTimestamp* created) {
    return std::pair(created->series, created->sample_timestamp_ms);
  });
  if (exemplars == Exemplars::attached) {
    for (const Exemplar& exemplar : batch.exemplars) exemplars_.push_back({&exemplar});
    // In the order of the batch within one series.
    std::ranges::sort(exemplars_, {}, [](const Attachment& attachment) {
      return std::pair(attachment.exemplar->series, attachment.exemplar);
    });
  }
  is_plain_ = created_.empty() && exemplars_.empty() && metadata.empty();
}

const Extras& BatchExtras::look_up(const Series& series, int64_t timestamp_ms) {
  extras_ = {.metadata = metadata_->find(series)};
  const auto created = std::ranges::lower_bound(
      created_, std::pair(&series, timestamp_ms), {},
      [](const CreatedTimestamp* one) { return std::pair(one->series, one->sample_timestamp_ms); });
  if (created != created_.end() && (*created)->series == &series &&
      (*created)->sample_timestamp_ms == timestamp_ms) {
    extras_.created_ms = (*created)->created_ms;
  }
  found_.clear();
  auto exemplar = std::ranges::lower_bound(
      exemplars_, &series, {},
      [](const Attachment& attachment) { return attachment.exemplar->series; });
  for (; exemplar != exemplars_.end() && exemplar->exemplar->series == &series; ++exemplar) {
    if (!std::exchange(exemplar->is_attached, true)) found_.push_back(exemplar->exemplar);
  }
  extras_.exemplars = found_;
  return extras_;
}

std::vector<const Exemplar*> BatchExtras::left_over() const {
  std::vector<const Exemplar*> left;
  for (const Attachment& attachment : exemplars_) {
    if (!attachment.is_attached) left.push_back(attachment.exemplar);
  }
  std::ranges::sort(left);
  return left;
}

}  // namespace alloy::prometheus::remote_write
