#include "components/prometheus/shared/mapped_batch.h"

namespace alloy::prometheus {

namespace {

template <class Item>
void map_items(std::span<const Item> items, RelabelCache& cache, std::vector<Item>& out) {
  out.clear();
  for (Item item : items) {
    if ((item.series = cache.find(*item.series))) out.push_back(item);
  }
}

}  // namespace

RelabelCache::Counts MappedBatch::assign(const MetricBatch& batch, RelabelCache& cache) {
  map_items(batch.samples, cache, samples_);
  map_items(batch.histograms, cache, histograms_);
  const RelabelCache::Counts counts = cache.counts();
  map_items(batch.exemplars, cache, exemplars_);
  map_items(batch.created, cache, created_);
  map_items(batch.metadata, cache, metadata_);
  for (const Sample& sample : batch.samples) {
    if (is_stale_marker(sample.value)) cache.forget(*sample.series);
  }
  return counts;
}

}  // namespace alloy::prometheus
