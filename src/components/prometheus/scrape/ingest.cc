// From the lines of an exposition to a batch.
#include "components/prometheus/scrape/ingest.h"

#include <algorithm>

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"
#include "components/prometheus/shared/exemplar_labels.h"
#include "wire/float_text.h"
#include "wire/remote_write.h"

namespace alloy::prometheus::scrape {

namespace {

using Entry = wire::ExpositionParser::Entry;

// Samples further ahead of the scrape than this are left out.
constexpr int64_t ahead_max_ms = 10 * 60 * 1000;

// Memory is looked at when so many new series have come.
constexpr uint32_t checked_every = 256;

// Of several labels with one name that is an error, unless one of them is empty: then all go.
Result<void> settle_repeated_names(std::vector<Label>& labels) {
  std::vector<Label> sorted = labels;
  std::ranges::sort(sorted, {}, &Label::name);
  for (size_t i = 0; i < sorted.size();) {
    size_t end = i + 1;
    bool has_empty = sorted[i].value.empty();
    for (; end < sorted.size() && sorted[end].name == sorted[i].name; ++end) {
      has_empty = has_empty || sorted[end].value.empty();
    }
    if (has_empty && end - i > 1) {
      std::erase_if(labels, [&](const Label& label) { return label.name == sorted[i].name; });
    } else if (end - i > 1) {
      return fail(
          fmt::format("label name {} is not unique: invalid sample", quote(sorted[i].name)));
    }
    i = end;
  }
  return {};
}

bool has_label(std::span<const Label> labels, std::string_view name) {
  return std::ranges::find(labels, name, &Label::name) != labels.end();
}

}  // namespace

bool IngestSettings::resolves_like(const IngestSettings& other) const {
  return honor_labels == other.honor_labels && type_and_unit_labels == other.type_and_unit_labels &&
         names == other.names && relabel_rules == other.relabel_rules &&
         label_limit == other.label_limit &&
         label_name_length_limit == other.label_name_length_limit &&
         label_value_length_limit == other.label_value_length_limit;
}

void IngestScratch::clear() {
  samples.clear();
  histograms.clear();
  created.clear();
  converted.clear();
  zeros.clear();
  histogram_zeros.clear();
  natives_taken = 0;
  exemplars.clear();
  metadata.clear();
  described.clear();
  ended.clear();
  exemplar_ranges.clear();
  exemplar_labels.clear();
  text.reset();
}

Ingest::Ingest(SeriesStore& store, LabelSet target_labels)
    : store_(store), target_labels_(std::move(target_labels)), cache_(store) {}

void Ingest::configure(const IngestSettings& settings) {
  if (!settings.resolves_like(settings_)) cache_.clear();
  if (!settings.zero_samples) starts_ = {};
  if (!settings.honor_metadata) families_.clear();
  settings_ = settings;
}

SeriesRef Ingest::report_series(std::string_view name) const {
  LabelBuilder labels;
  labels.set(metric_name_label, name);
  for (size_t i = 0; i < target_labels_.size(); ++i) {
    labels.set(target_labels_[i].name, target_labels_[i].value);
  }
  return store_.intern(labels.labels());
}

Result<void> Ingest::read(std::string_view body, wire::TextFormat format, int64_t time_ms,
                          IngestScratch& scratch, IngestCounts& counts) {
  wire::ExpositionParser parser(body, format);
  body_ = body;
  cache_.begin();
  families_.begin();
  family_place_.reset();
  tells_family_ = false;
  type_ = FamilyType::unknown;
  unit_ = {};
  family_ = {};
  classic_ = {};
  starts_.drop_family();
  skips_created_ = false;
  format_ = format;
  Result<void> result = read_entries(parser, time_ms, scratch, counts);
  if (result && counts.sample_limit_exceeded) result = fail("sample limit exceeded");
  if (result && counts.bucket_limit_exceeded) result = fail("histogram bucket limit exceeded");
  if (counts.lacks_memory) {
    scratch.clear();
    forget_all();
    return result;
  }
  if (!result) {
    scratch.clear();
    cache_.abandon(scratch.ended);
    mark_ended(time_ms, scratch);
    return result;
  }
  for (size_t i = 0; i < scratch.exemplars.size(); ++i) {
    const auto [start, size] = scratch.exemplar_ranges[i];
    scratch.exemplars[i].labels = std::span(scratch.exemplar_labels).subspan(start, size);
  }
  add_zeros(scratch);
  cache_.commit(scratch.ended);
  mark_ended(time_ms, scratch);
  for (const auto& [series, place] : scratch.described) {
    scratch.metadata.push_back({series, families_.metadata(place)});
  }
  has_told_ = true;
  return result;
}

void Ingest::read_nothing(int64_t time_ms, IngestScratch& scratch) {
  cache_.begin();
  cache_.abandon(scratch.ended);
  mark_ended(time_ms, scratch);
}

void Ingest::mark_ended(int64_t time_ms, IngestScratch& scratch) {
  for (const Series* series : scratch.ended) {
    scratch.samples.push_back({series, time_ms, stale_marker()});
    forget(*series);
  }
}

void Ingest::forget(const Series& series) {
  recent_exemplars_.forget(series);
  starts_.forget(series);
}

bool Ingest::lacks_memory() {
  return memory_ != nullptr && ++unchecked_ % checked_every == 0 &&
         memory_->is_at_least(MemoryLevel::over);
}

void Ingest::forget_all() {
  cache_.clear();
  recent_exemplars_ = {};
  starts_ = {};
}

void Ingest::release() {
  cache_.release_ended();
  if (std::exchange(has_told_, false) && settings_.honor_metadata) families_.mark_told();
}

Result<void> Ingest::read_entries(wire::ExpositionParser& parser, int64_t time_ms,
                                  IngestScratch& scratch, IngestCounts& counts) {
  bool reads_labels = false;
  for (;;) {
    SeriesCache::Entry* known = reads_labels ? nullptr : cache_.expected(parser.rest());
    if (known != nullptr) [[likely]] {
      const Entry kind = parser.next_known(known->size);
      if (kind == Entry::series) [[likely]] {
        ++counts.samples;
        if (!take_sample(cache_.advance(), parser, time_ms, scratch, counts)) {
          return fail(counts.histogram_problem);
        }
        continue;
      }
      if (kind == Entry::failed) return std::unexpected(parser.error());
    }
    const Entry kind = parser.next();
    switch (kind) {
      case Entry::end:
        TRY(end_family(time_ms, scratch, counts));
        if (scratch.body_error) return std::unexpected(*scratch.body_error);
        return {};
      case Entry::failed:
        return std::unexpected(parser.error());
      case Entry::series: {
        if (reads_labels) {
          TRY(read_labelled(parser, time_ms, scratch, counts));
          break;
        }
        ++counts.samples;
        const Line line{parser.series(), parser.metric_name(), parser.raw_labels()};
        TRY(SeriesCache::Entry * entry, read_new(line, scratch, counts));
        if (!take_sample(*entry, parser, time_ms, scratch, counts)) {
          return fail(counts.histogram_problem);
        }
        break;
      }
      case Entry::type:
        if (reads_labels) TRY(end_family(time_ms, scratch, counts));
        take_metadata(parser, kind);
        reads_labels = this->reads_labels();
        break;
      case Entry::help:
      case Entry::unit:
        take_metadata(parser, kind);
        break;
      case Entry::comment:
      case Entry::unknown:
        break;
    }
  }
}

void Ingest::take_metadata(const wire::ExpositionParser& parser, Entry kind) {
  if (kind == Entry::type) {
    type_ = parser.type();
    family_ = parser.family();
    unit_ = {};
    if (settings_.honor_metadata) families_.set_type(parser.family(), type_);
  } else if (kind == Entry::unit) {
    unit_ = parser.text();
    if (settings_.honor_metadata) families_.set_unit(parser.family(), unit_);
  } else if (settings_.honor_metadata) {
    LabelBuilder text;
    families_.set_help(parser.family(), wire::unescape(parser.text(), text));
  }
  if (settings_.honor_metadata) {
    family_place_ = families_.current();
    tells_family_ = !families_.is_told(*family_place_);
  }
  if (settings_.type_and_unit_labels) {
    cache_.set_context((static_cast<uint64_t>(type_) + 1) * 0x9e3779b97f4a7c15 ^
                       XXH3_64bits(unit_.data(), unit_.size()));
  } else {
    // Bucket bounds and quantiles are spelled anew only where the type says that they are such.
    const bool matters = type_ == FamilyType::histogram || type_ == FamilyType::summary;
    cache_.set_context(matters ? static_cast<uint64_t>(type_) * 0x9e3779b97f4a7c15 : 0);
  }
}

Result<SeriesCache::Entry*> Ingest::read_new(const Line& line, IngestScratch& scratch,
                                             IngestCounts& counts) {
  if (line.text.size() > SeriesCache::series_bytes_max) return fail("series is too long");
  if (SeriesCache::Entry* entry = cache_.find(line.text)) return entry;
  if (lacks_memory()) {
    counts.lacks_memory = true;
    return fail("not enough memory", ErrorKind::full);
  }
  TRY(collect_labels(line, scratch));
  add_target_labels(scratch);
  if (!relabel(scratch.builder)) return &cache_.add(line.text, stand_in());
  TRY(check_labels(scratch.builder.labels(), counts));
  SeriesRef series = store_.intern(scratch.builder.labels());
  return &cache_.add(line.text, *series.detach());
}

Result<void> Ingest::collect_labels(const Line& line, IngestScratch& scratch) {
  scratch.labels.clear();
  scratch.builder.reset();
  LabelBuilder& keeper = scratch.builder;
  scratch.labels.push_back({metric_name_label, wire::unescape(line.name, keeper)});
  for (const wire::RawLabel& raw : line.labels) {
    Label label{wire::unescape(raw.name, keeper), wire::unescape(raw.value, keeper)};
    if (is_overridden(label.name)) continue;
    if ((type_ == FamilyType::histogram && label.name == "le") ||
        (type_ == FamilyType::summary && label.name == "quantile")) {
      const auto bound = wire::parse_float(label.value);
      if (bound) label.value = keeper.keep(wire::format_bucket_bound(*bound));
    }
    scratch.labels.push_back(label);
  }
  if (settings_.type_and_unit_labels) {
    if (type_ != FamilyType::unknown) scratch.labels.push_back({"__type__", name_of(type_)});
    if (!unit_.empty()) scratch.labels.push_back({"__unit__", unit_});
  }
  TRY(settle_repeated_names(scratch.labels));
  for (const Label& label : scratch.labels) {
    if (!label.value.empty()) scratch.builder.set(label.name, label.value);
  }
  return {};
}

// With type_and_unit_labels, what the family says replaces labels of those names.
bool Ingest::is_overridden(std::string_view name) const {
  if (!settings_.type_and_unit_labels || !name.starts_with("__")) return false;
  return name == metric_name_label || (name == "__type__" && type_ != FamilyType::unknown) ||
         (name == "__unit__" && !unit_.empty());
}

void Ingest::add_target_labels(IngestScratch& scratch) const {
  LabelBuilder& labels = scratch.builder;
  std::vector<Label> conflicting;
  for (size_t i = 0; i < target_labels_.size(); ++i) {
    const Label label = target_labels_[i];
    // An empty label says that the series shall not have the target's.
    if (settings_.honor_labels && has_label(scratch.labels, label.name)) {
      continue;
    }
    if (const std::string_view exposed = labels.get(label.name); !exposed.empty()) {
      conflicting.push_back({label.name, exposed});
    }
    labels.set(label.name, label.value);
  }
  std::ranges::sort(conflicting, [](const Label& left, const Label& right) {
    return std::pair(left.name.size(), left.name) < std::pair(right.name.size(), right.name);
  });
  for (const Label& label : conflicting) {
    std::string name(label.name);
    do {
      name.insert(0, "exported_");
    } while (!labels.get(name).empty());
    labels.set(labels.keep(name), label.value);
  }
}

// False: the series is dropped.
bool Ingest::relabel(LabelBuilder& labels) const {
  return settings_.relabel_rules == nullptr ||
         settings_.relabel_rules->apply(labels, settings_.names);
}

// The cache keeps a reference for each line that is dropped.
const Series& Ingest::stand_in() {
  if (!dropped_) {
    const Label labels[] = {{"__dropped__", "true"}};
    dropped_ = store_.intern(labels);
    dropped_number_ = store_.number_of(*dropped_);
  }
  return *store_.share(*dropped_).detach();
}

// The native histogram that the line just read stands for, if it is one.
wire::NativeLine* Ingest::next_native(const wire::ExpositionParser& parser,
                                      IngestScratch& scratch) const {
  const size_t offset = static_cast<size_t>(parser.series().data() - body_.data());
  for (; scratch.natives_taken < scratch.natives.size(); ++scratch.natives_taken) {
    wire::NativeLine& line = scratch.natives[scratch.natives_taken];
    if (line.offset > offset) return nullptr;
    if (line.offset == offset) return &line;
  }
  return nullptr;
}

// Makes a histogram as coarse as the limits want it; false: it can't be taken.
bool Ingest::limit_buckets(NativeHistogram& histogram, IngestCounts& counts) const {
  histogram.reduce_to(settings_.schema_max);
  if (settings_.bucket_limit > 0 && !histogram.reduce_buckets_to(settings_.bucket_limit)) {
    counts.bucket_limit_exceeded = true;
    return false;
  }
  if (std::string problem = find_problem(histogram); !problem.empty()) {
    counts.histogram_problem = std::move(problem);
    --counts.after_relabeling;
    return false;
  }
  return true;
}

// The time of a sample, unless it has to be left out.
std::optional<int64_t> Ingest::admit(SeriesCache::Entry& entry, std::optional<int64_t> own_time,
                                     int64_t time_ms, const IngestScratch& scratch,
                                     IngestCounts& counts) {
  if (entry.series == dropped_number_) [[unlikely]]
    return std::nullopt;
  ++counts.after_relabeling;
  const bool has_own_time = own_time.has_value() && settings_.honor_timestamps;
  if (has_own_time && *own_time > time_ms + ahead_max_ms) {
    ++counts.out_of_bounds;
    return std::nullopt;
  }
  if (!entry.is_duplicate) {
    cache_.track(entry, !has_own_time || settings_.track_timestamps_staleness);
  } else if (!has_own_time) {
    ++counts.duplicates;
    return std::nullopt;
  }
  if (settings_.sample_limit > 0 &&
      scratch.samples.size() + scratch.histograms.size() >= settings_.sample_limit) {
    counts.sample_limit_exceeded = true;
    return std::nullopt;
  }
  return has_own_time ? *own_time : time_ms;
}

// The sample of this series goes on.
void Ingest::count_added(SeriesCache::Entry& entry, IngestScratch& scratch, IngestCounts& counts) {
  if (entry.is_counted && !tells_family_) [[likely]]
    return;
  const Series& series = store_.at(entry.series);
  if (family_place_ &&
      families_.has_series(*family_place_, store_.label(series, metric_name_label))) {
    scratch.described.emplace_back(&series, *family_place_);
    families_.tell(*family_place_);
  }
  if (entry.is_counted) return;
  if (counts.sample_limit_exceeded || counts.bucket_limit_exceeded) return;
  entry.is_counted = true;
  ++counts.series_added;
}

// False: the whole scrape fails, see counts.histogram_problem.
bool Ingest::take_sample(SeriesCache::Entry& entry, const wire::ExpositionParser& parser,
                         int64_t time_ms, IngestScratch& scratch, IngestCounts& counts) {
  const auto time = admit(entry, parser.timestamp_ms(), time_ms, scratch, counts);
  if (!time) return true;
  const Series& series = store_.at(entry.series);
  wire::NativeLine* native = next_native(parser, scratch);
  if (native != nullptr) [[unlikely]] {
    if (!limit_buckets(native->histogram, counts)) return counts.histogram_problem.empty();
    scratch.histograms.push_back({&series, *time, &native->histogram});
  } else {
    scratch.samples.push_back({&series, *time, parser.value()});
  }
  count_added(entry, scratch, counts);
  if (parser.exemplar() != nullptr) take_exemplar(series, *parser.exemplar(), *time, scratch);
  if (native != nullptr) take_exemplars(series, native->exemplars, scratch);
  return true;
}

// Of a histogram, in the order of their times: older ones than what has been taken are not news.
void Ingest::take_exemplars(const Series& series, std::vector<RawExemplar>& exemplars,
                            IngestScratch& scratch) {
  std::ranges::sort(exemplars, {}, [](const RawExemplar& exemplar) {
    return std::pair(exemplar.timestamp_ms, exemplar.value);
  });
  for (const RawExemplar& exemplar : exemplars) {
    // Without a time there is no telling what is new.
    if (exemplar.timestamp_ms) take_exemplar(series, exemplar, *exemplar.timestamp_ms, scratch);
  }
}

void Ingest::take_exemplar(const Series& series, const RawExemplar& raw, int64_t sample_time_ms,
                           IngestScratch& scratch) {
  std::vector<Label>& labels = scratch.exemplar_labels;
  const size_t start = labels.size();
  for (const wire::RawLabel& label : raw.labels) {
    if (label.value.empty()) continue;
    labels.push_back(raw.is_escaped ? Label{wire::unescape(label.name, scratch.text),
                                            wire::unescape(label.value, scratch.text)}
                                    : Label{label.name, label.value});
  }
  const std::span<Label> taken = std::span(labels).subspan(start);
  std::ranges::sort(taken, {}, &Label::name);
  const int64_t time_ms = raw.timestamp_ms.value_or(sample_time_ms);
  if (!are_valid_exemplar_labels(taken) ||
      !recent_exemplars_.is_news(series, taken, raw.value, time_ms, raw.timestamp_ms.has_value())) {
    labels.resize(start);
    return;
  }
  scratch.exemplar_ranges.emplace_back(start, taken.size());
  scratch.exemplars.push_back(
      {.series = &series, .labels = {}, .value = raw.value, .timestamp_ms = time_ms});
}

}  // namespace alloy::prometheus::scrape
