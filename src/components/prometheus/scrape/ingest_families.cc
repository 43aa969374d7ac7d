// The part of Ingest that has to understand what the lines of a family mean together: conversion of
// classic histograms and start times. Slower than the rest, and used only where it is asked for.
#include <algorithm>
#include <cmath>

#include "components/prometheus/scrape/ingest.h"
#include "wire/float_text.h"

namespace alloy::prometheus::scrape {

namespace {

// The part of a series' name behind that of its family; nothing if it belongs to another one.
std::optional<std::string_view> suffix_of(std::string_view name, std::string_view family) {
  if (!name.starts_with(family)) return std::nullopt;
  return name.substr(family.size());
}

bool is_part_of_classic(std::string_view suffix) {
  return suffix == "_bucket" || suffix == "_sum" || suffix == "_count";
}

// As no line of an exposition can be spelled, and a different one for each histogram.
std::string key_of(std::string_view family, std::span<const wire::RawLabel> labels) {
  std::string key = "\x01";
  key += family;
  for (const wire::RawLabel& label : labels) {
    if (label.name == "le") continue;
    key += '\x01';
    key += label.name;
    key += '\x02';
    key += label.value;
  }
  return key;
}

}  // namespace

// Whether classic histograms of the family at hand become native ones.
bool Ingest::is_convertible() const {
  if (!settings_.convert_classic_histograms) return false;
  return type_ == FamilyType::histogram ||
         (type_ == FamilyType::gauge_histogram && format_ == wire::TextFormat::protobuf);
}

bool Ingest::reads_labels() const {
  if (is_convertible()) return true;
  return (settings_.zero_samples || skips_created_) &&
         (type_ == FamilyType::counter || type_ == FamilyType::summary ||
          type_ == FamilyType::histogram);
}

Result<void> Ingest::read_labelled(const wire::ExpositionParser& parser, int64_t time_ms,
                                   IngestScratch& scratch, IngestCounts& counts) {
  const auto suffix = suffix_of(parser.metric_name(), family_);
  const uint64_t group =
      settings_.zero_samples ? StartTimes::group_of(parser.raw_labels()) : uint64_t{0};
  if (suffix == "_created" && settings_.zero_samples) {
    starts_.set_start(group, std::llround(parser.value() * 1000));
    return {};
  }
  if (skips_created_ && parser.metric_name().ends_with("_created")) return {};
  if (suffix && is_convertible() && !is_native_line(parser, scratch) &&
      is_part_of_classic(*suffix) && take_classic(parser, *suffix, group)) {
    skips_created_ = format_ == wire::TextFormat::open_metrics;
    if (finished_classic_) TRY(end_classic(time_ms, scratch, counts));
    if (!settings_.keep_classic_histograms) return {};
  }
  ++counts.samples;
  const std::string_view series = parser.series();
  const std::string_view rest(series.data(),
                              static_cast<size_t>(body_.data() + body_.size() - series.data()));
  SeriesCache::Entry* entry = cache_.expected(rest);
  if (entry != nullptr && entry->size == series.size()) {
    entry = &cache_.advance();
  } else {
    TRY(entry, read_new({series, parser.metric_name(), parser.raw_labels()}, scratch, counts));
  }
  const size_t samples = scratch.samples.size();
  const size_t histograms = scratch.histograms.size();
  if (!take_sample(*entry, parser, time_ms, scratch, counts)) {
    return fail(counts.histogram_problem);
  }
  if (!settings_.zero_samples || !suffix) return {};
  if (scratch.samples.size() > samples) starts_.add_sample(group, samples);
  if (scratch.histograms.size() > histograms) starts_.add_histogram(group, histograms);
  return {};
}

// Adds the line to the histogram it is a part of; one that is complete goes to finished_classic_.
// False: the line can't be a part of one.
bool Ingest::take_classic(const wire::ExpositionParser& parser, std::string_view suffix,
                          uint64_t group) {
  std::optional<double> bound;
  if (suffix == "_bucket") {
    for (const wire::RawLabel& label : parser.raw_labels()) {
      if (label.name != "le") continue;
      if (const auto parsed = wire::parse_float(label.value)) bound = *parsed;
      break;
    }
    if (!bound || std::isnan(*bound)) return false;
  }
  std::string key = key_of(family_, parser.raw_labels());
  if (key != classic_.key()) {
    if (!classic_.empty()) finished_classic_ = std::move(classic_);
    classic_ = {};
    classic_.reset(std::move(key));
    classic_.group = group;
    classic_.family = family_;
    for (const wire::RawLabel& label : parser.raw_labels()) {
      if (label.name != "le") classic_.labels.push_back(label);
    }
  }
  classic_.timestamp_ms = parser.timestamp_ms();
  if (bound) {
    classic_.add_bucket(*bound, parser.value());
  } else if (suffix == "_sum") {
    classic_.set_sum(parser.value());
  } else {
    classic_.set_count(parser.value());
  }
  if (parser.exemplar() != nullptr) classic_.exemplars.push_back(*parser.exemplar());
  return true;
}

// Passes on the histogram that is complete.
Result<void> Ingest::end_classic(int64_t time_ms, IngestScratch& scratch, IngestCounts& counts) {
  ClassicHistogram classic = *std::exchange(finished_classic_, std::nullopt);
  auto histogram = classic.convert();
  if (!histogram) {
    ++counts.inconvertible;
    return {};
  }
  ++counts.samples;
  SeriesCache::Entry* entry = cache_.expected(classic.key() + '\n');
  if (entry != nullptr && entry->size == classic.key().size()) {
    entry = &cache_.advance();
  } else {
    TRY(entry, read_new({classic.key(), classic.family, classic.labels}, scratch, counts));
  }
  const auto time = admit(*entry, classic.timestamp_ms, time_ms, scratch, counts);
  if (!time) return {};
  if (type_ == FamilyType::gauge_histogram) {
    histogram->reset_hint = NativeHistogram::ResetHint::gauge;
  }
  if (!limit_buckets(*histogram, counts)) {
    if (counts.histogram_problem.empty()) return {};
    return fail(counts.histogram_problem);
  }
  count_added(*entry, scratch, counts);
  const Series& series = store_.at(entry->series);
  if (settings_.zero_samples) starts_.add_histogram(classic.group, scratch.histograms.size());
  scratch.histograms.push_back(
      {&series, *time, &scratch.converted.emplace_back(*std::move(histogram))});
  take_exemplars(series, classic.exemplars, scratch);
  return {};
}

Result<void> Ingest::end_family(int64_t time_ms, IngestScratch& scratch, IngestCounts& counts) {
  if (!classic_.empty()) {
    finished_classic_ = std::move(classic_);
    classic_ = {};
    TRY(end_classic(time_ms, scratch, counts));
  }
  if (!settings_.zero_samples) return {};
  starts_.end_family({.samples = scratch.samples,
                      .histograms = scratch.histograms,
                      .created = scratch.created,
                      .zeros = scratch.zeros,
                      .histogram_zeros = scratch.histogram_zeros},
                     settings_.oldest_start_ms);
  return {};
}

// Puts a sample of zero at the start of each series that has started anew, before its first sample.
void Ingest::add_zeros(IngestScratch& scratch) {
  if (!scratch.zeros.empty()) {
    std::vector<Sample> samples;
    samples.reserve(scratch.zeros.size() + scratch.samples.size());
    for (const CreatedTimestamp& zero : scratch.zeros) {
      samples.push_back({zero.series, zero.created_ms, 0});
    }
    samples.insert(samples.end(), scratch.samples.begin(), scratch.samples.end());
    scratch.samples = std::move(samples);
  }
  if (scratch.histogram_zeros.empty()) return;
  std::vector<HistogramSample> histograms;
  for (const CreatedTimestamp& zero : scratch.histogram_zeros) {
    const auto model = std::ranges::find(scratch.histograms, zero.series, &HistogramSample::series);
    NativeHistogram empty;
    empty.schema = model->histogram->schema;
    empty.is_float = model->histogram->is_float;
    empty.zero_threshold = model->histogram->zero_threshold;
    empty.custom_bounds = model->histogram->custom_bounds;
    histograms.push_back(
        {zero.series, zero.created_ms, &scratch.converted.emplace_back(std::move(empty))});
  }
  histograms.insert(histograms.end(), scratch.histograms.begin(), scratch.histograms.end());
  scratch.histograms = std::move(histograms);
}

}  // namespace alloy::prometheus::scrape
