// Turns the body of a scrape into a batch: recognises or resolves each series, gives it the labels
// of its target, and keeps to the limits.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/memory_budget.h"
#include "components/prometheus/scrape/classic_histogram.h"
#include "components/prometheus/scrape/family_cache.h"
#include "components/prometheus/scrape/recent_exemplars.h"
#include "components/prometheus/scrape/series_cache.h"
#include "components/prometheus/scrape/start_times.h"
#include "signals/metric_batch.h"
#include "signals/relabel.h"
#include "wire/exposition.h"
#include "wire/protobuf_exposition.h"

namespace alloy::prometheus::scrape {

struct IngestSettings {
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  bool honor_metadata = false;
  bool type_and_unit_labels = false;
  bool convert_classic_histograms = false;
  bool keep_classic_histograms = false;  // Besides the converted ones.
  bool zero_samples = false;             // From start times.
  int64_t oldest_start_ms = 0;           // Earlier starts are not news.
  LabelNameRules names = LabelNameRules::legacy;
  // Zero: no limit.
  size_t sample_limit = 0;
  size_t label_limit = 0;
  size_t label_name_length_limit = 0;
  size_t label_value_length_limit = 0;
  size_t bucket_limit = 0;
  int32_t schema_max = NativeHistogram::schema_max;
  RelabelRulesPointer relabel_rules;  // Of the series; null: none.

  // Whether a series' labels come out the same under both.
  bool resolves_like(const IngestSettings& other) const;
};

struct IngestCounts {
  size_t samples = 0;  // Lines with a sample.
  size_t after_relabeling = 0;
  size_t series_added = 0;   // New since the last scrape.
  size_t duplicates = 0;     // Left out: the series stood further up, both without a timestamp.
  size_t out_of_bounds = 0;  // Left out: too far in the future.
  size_t inconvertible = 0;  // Left out: classic histograms that contradict themselves.
  bool bucket_limit_exceeded = false;
  bool label_limit_exceeded = false;
  bool sample_limit_exceeded = false;
  bool lacks_memory = false;      // It was given up, and everything about the target forgotten.
  std::string histogram_problem;  // Of a native one; empty: none.
};

// What a batch is built in; serves one scrape after another.
struct IngestScratch {
  std::vector<Sample> samples;
  std::vector<HistogramSample> histograms;
  std::vector<Exemplar> exemplars;
  std::vector<CreatedTimestamp> created;
  std::vector<SeriesMetadata> metadata;
  std::vector<const Series*> ended;

  std::deque<NativeHistogram> converted;  // Made from classic ones.
  std::vector<CreatedTimestamp> zeros;    // Samples of zero that are still to be added.
  std::vector<CreatedTimestamp> histogram_zeros;
  std::vector<std::pair<const Series*, size_t>> described;  // Places of their families.
  std::vector<std::pair<size_t, size_t>> exemplar_ranges;   // Of exemplar_labels, an exemplar each.
  std::vector<Label> exemplar_labels;
  std::vector<Label> labels;
  LabelBuilder builder;
  LabelBuilder text;                      // Keeps what had to be unescaped.
  std::string rewritten;                  // The text of a body that was none.
  std::vector<wire::NativeLine> natives;  // Of the body, in order.
  size_t natives_taken = 0;
  std::optional<Error> body_error;  // What is wrong with the body behind its text.

  void clear();
  MetricBatch batch() const {
    return {.samples = samples,
            .histograms = histograms,
            .exemplars = exemplars,
            .created = created,
            .metadata = metadata};
  }
};

// What is remembered about one target from scrape to scrape.
class Ingest {
 public:
  Ingest(SeriesStore& store, LabelSet target_labels);

  // Takes effect with the next read(); forgets what no longer holds.
  void configure(const IngestSettings& settings);

  // Reads a body (see ExpositionParser about its last newline), with the native histograms that
  // `scratch` has for its lines, into `scratch`, the staleness
  // markers of series that ended included. After an error, `scratch` holds only those of all
  // series. Series in it stay valid until release().
  Result<void> read(std::string_view body, wire::TextFormat format, int64_t time_ms,
                    IngestScratch& scratch, IngestCounts& counts);
  // The same for a scrape without a body: all series end.
  void read_nothing(int64_t time_ms, IngestScratch& scratch);
  // The batch has been passed on.
  void release();

  // New series are refused while it is over; null: never.
  void set_memory(MemoryBudget* memory) { memory_ = memory; }
  // Gives up the memory, as if the target had never been scraped: no markers.
  void forget_all();

  // A series of the target's own, such as `up`.
  SeriesRef report_series(std::string_view name) const;

  const SeriesCache& cache() const { return cache_; }
  FamilyCache& families() { return families_; }

 private:
  using RawExemplar = wire::RawExemplar;

  // What a series is in the body: its bytes (or another key that means it), its name and labels.
  struct Line {
    std::string_view text;
    std::string_view name;
    std::span<const wire::RawLabel> labels;
  };

  Result<void> read_entries(wire::ExpositionParser& parser, int64_t time_ms, IngestScratch& scratch,
                            IngestCounts& counts);
  Result<SeriesCache::Entry*> read_new(const Line& line, IngestScratch& scratch,
                                       IngestCounts& counts);
  void take_metadata(const wire::ExpositionParser& parser, wire::ExpositionParser::Entry kind);
  bool take_sample(SeriesCache::Entry& entry, const wire::ExpositionParser& parser, int64_t time_ms,
                   IngestScratch& scratch, IngestCounts& counts);
  std::optional<int64_t> admit(SeriesCache::Entry& entry, std::optional<int64_t> own_time,
                               int64_t time_ms, const IngestScratch& scratch, IngestCounts& counts);
  wire::NativeLine* next_native(const wire::ExpositionParser& parser, IngestScratch& scratch) const;
  bool limit_buckets(NativeHistogram& histogram, IngestCounts& counts) const;
  void count_added(SeriesCache::Entry& entry, IngestScratch& scratch, IngestCounts& counts);
  void take_exemplar(const Series& series, const RawExemplar& raw, int64_t sample_time_ms,
                     IngestScratch& scratch);
  void take_exemplars(const Series& series, std::vector<RawExemplar>& exemplars,
                      IngestScratch& scratch);
  Result<void> collect_labels(const Line& line, IngestScratch& scratch);
  bool is_overridden(std::string_view name) const;
  void add_target_labels(IngestScratch& scratch) const;
  bool relabel(LabelBuilder& labels) const;
  const Series& stand_in();
  Result<void> check_labels(std::span<const Label> labels, IngestCounts& counts) const;
  bool lacks_memory();
  void mark_ended(int64_t time_ms, IngestScratch& scratch);
  void forget(const Series& series);

  // check_labels() is in ingest_limits.cc; the following in ingest_families.cc.
  bool reads_labels() const;
  bool is_convertible() const;
  Result<void> read_labelled(const wire::ExpositionParser& parser, int64_t time_ms,
                             IngestScratch& scratch, IngestCounts& counts);
  bool is_native_line(const wire::ExpositionParser& parser, IngestScratch& scratch) const {
    return next_native(parser, scratch) != nullptr;
  }
  bool take_classic(const wire::ExpositionParser& parser, std::string_view suffix, uint64_t group);
  Result<void> end_classic(int64_t time_ms, IngestScratch& scratch, IngestCounts& counts);
  Result<void> end_family(int64_t time_ms, IngestScratch& scratch, IngestCounts& counts);
  void add_zeros(IngestScratch& scratch);

  SeriesStore& store_;
  MemoryBudget* memory_ = nullptr;
  uint32_t unchecked_ = 0;      // New series since the memory was asked for.
  SeriesRef dropped_;           // Stands for all series that the rules drop; once there is one.
  SeriesNumber dropped_number_ = no_series;
  LabelSet target_labels_;
  IngestSettings settings_;
  SeriesCache cache_;
  FamilyCache families_;
  std::optional<size_t> family_place_;     // In families_, of the metadata read last.
  bool tells_family_ = false;              // All its series get its metadata, also known ones.
  bool has_told_ = false;                  // What is in the batch.
  FamilyType type_ = FamilyType::unknown;  // Of the TYPE line read last.
  std::string_view unit_;
  std::string_view family_;
  std::string_view body_;  // That is being read.
  wire::TextFormat format_ = wire::TextFormat::prometheus;
  // Since the first histogram of an OpenMetrics body was converted: its start time goes with it,
  // and so do those of the families that follow.
  bool skips_created_ = false;
  ClassicHistogram classic_;  // Whose lines are being read.
  std::optional<ClassicHistogram> finished_classic_;
  StartTimes starts_;
  RecentExemplars recent_exemplars_;
};

}  // namespace alloy::prometheus::scrape
