// What flows through a metrics pipeline: one batch for each scrape or request.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "signals/labels.h"
#include "signals/native_histogram.h"
#include "signals/series.h"

namespace alloy {

// The NaN that says "this series ended". Compare bits: NaNs differ from everything.
inline constexpr uint64_t stale_marker_bits = 0x7ff0000000000002;
inline double stale_marker() { return std::bit_cast<double>(stale_marker_bits); }
inline bool is_stale_marker(double value) {
  return std::bit_cast<uint64_t>(value) == stale_marker_bits;
}

struct Sample {
  const Series* series;
  int64_t timestamp_ms;
  double value;
};

struct HistogramSample {
  const Series* series;
  int64_t timestamp_ms;
  const NativeHistogram* histogram;
};

struct Exemplar {
  const Series* series;
  std::span<const Label> labels;  // Sorted by name.
  double value = 0;
  int64_t timestamp_ms = 0;
};

// When the counter, histogram or summary behind the series of a sample started to count.
struct CreatedTimestamp {
  const Series* series;
  int64_t created_ms;
  int64_t sample_timestamp_ms;  // Of the sample or histogram in the same batch.
};

enum class FamilyType : uint8_t {
  unknown,
  counter,
  gauge,
  histogram,
  gauge_histogram,
  summary,
  info,
  stateset,
};
// As expositions spell it: "counter", "gaugehistogram", "unknown", …
std::string_view name_of(FamilyType type);

struct FamilyMetadata {
  FamilyType type = FamilyType::unknown;
  std::string_view help;
  std::string_view unit;

  friend bool operator==(const FamilyMetadata&, const FamilyMetadata&) = default;
};

// Of the family that a series belongs to. It stays with the series whatever that is renamed to.
struct SeriesMetadata {
  const Series* series;
  FamilyMetadata metadata;
};

// Borrowed from the sender for the length of the call, the series included: who keeps one acquires
// it. Exemplars, histograms and created timestamps are in the order in which their series' samples
// were read. Metadata is there when the sender saw the series for the first time or it changed, and
// again from time to time.
struct MetricBatch {
  std::span<const Sample> samples;
  std::span<const HistogramSample> histograms;
  std::span<const Exemplar> exemplars;
  std::span<const CreatedTimestamp> created;
  std::span<const SeriesMetadata> metadata;

  bool empty() const {
    return samples.empty() && histograms.empty() && exemplars.empty() && created.empty() &&
           metadata.empty();
  }
};

}  // namespace alloy
