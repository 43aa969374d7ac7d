// A batch under other labels: what components make that give each series other labels.
#pragma once

#include <vector>

#include "signals/metric_batch.h"
#include "signals/relabel_cache.h"

namespace alloy::prometheus {

class MappedBatch {
 public:
  // Looks each series up in the cache, whose mutex the caller holds; without what it drops. What is
  // left is valid until the cache's release_forgotten(). Returns the cache's counts as they are
  // after the samples and histograms.
  RelabelCache::Counts assign(const MetricBatch& batch, RelabelCache& cache);
  MetricBatch batch() const {
    return {.samples = samples_,
            .histograms = histograms_,
            .exemplars = exemplars_,
            .created = created_,
            .metadata = metadata_};
  }

 private:
  std::vector<Sample> samples_;
  std::vector<HistogramSample> histograms_;
  std::vector<Exemplar> exemplars_;
  std::vector<CreatedTimestamp> created_;
  std::vector<SeriesMetadata> metadata_;
};

}  // namespace alloy::prometheus
