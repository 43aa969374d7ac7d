// When the counters, histograms and summaries of a target started to count
// (start_timestamp_zero_ingestion): `_created` lines of a family belong to its series with the same
// labels, and a start that is news becomes a sample of zero.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "signals/metric_batch.h"
#include "wire/exposition.h"

namespace alloy::prometheus::scrape {

class StartTimes {
 public:
  // Where the samples of a batch are, and where zeros and start times go.
  struct Batch {
    std::span<const Sample> samples;
    std::span<const HistogramSample> histograms;
    std::vector<CreatedTimestamp>& created;
    // Series whose start is news; to be completed with zeros at `created_ms`.
    std::vector<CreatedTimestamp>& zeros;
    std::vector<CreatedTimestamp>& histogram_zeros;
  };

  // What the lines of one histogram, summary or counter have in common: the labels without `le` and
  // `quantile`.
  static uint64_t group_of(std::span<const wire::RawLabel> labels);

  void set_start(uint64_t group, int64_t created_ms) { groups_[group].created_ms = created_ms; }
  void add_sample(uint64_t group, size_t index) { groups_[group].samples.push_back(index); }
  void add_histogram(uint64_t group, size_t index) { groups_[group].histograms.push_back(index); }

  // The family is complete. Starts from before `oldest_ms` are nothing new, nor are those that lie
  // before the series' last sample.
  void end_family(Batch batch, int64_t oldest_ms);
  void drop_family() { groups_.clear(); }
  // The series has ended.
  void forget(const Series& series) { known_.erase(series.uid()); }

 private:
  struct Group {
    int64_t created_ms = 0;
    std::vector<size_t> samples;
    std::vector<size_t> histograms;
  };
  // What a series was seen with last.
  struct Known {
    int64_t created_ms = 0;
    int64_t sample_ms = 0;
  };
  bool is_news(const Series& series, int64_t created_ms, int64_t sample_ms, int64_t oldest_ms);

  std::unordered_map<uint64_t, Group> groups_;
  std::unordered_map<uint64_t, Known> known_;  // By uid of the series.
};

}  // namespace alloy::prometheus::scrape
