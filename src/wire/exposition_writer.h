// Writes metrics as Prometheus text, for people to read.
#pragma once

#include <string>

#include "signals/metric_batch.h"
#include "signals/series.h"

namespace alloy::wire {

enum class ExpositionStyle : unsigned char { prometheus, open_metrics };

// Appends the batch, a line a sample, grouped under the metadata of its families.
void write_exposition(std::string& out, const MetricBatch& batch, const SeriesStore& store,
                      ExpositionStyle style);

}  // namespace alloy::wire
