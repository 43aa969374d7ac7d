// From protobuf to lists.
#include "wire/remote_write.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "wire/protobuf_reader.h"

namespace alloy::wire {

namespace {

using Range = WriteRequest::Range;

template <class T>
uint32_t size_of(const std::vector<T>& list) {
  return static_cast<uint32_t>(list.size());
}

template <class T>
void close(Range& range, const std::vector<T>& list) {
  range.size = size_of(list) - range.begin;
}

// A repeated number, packed or one by one.
template <class Take>
void read_numbers(ProtobufReader& field, size_t fixed_size, Take take) {
  if (!field.is_bytes()) {
    take(field.number());
    return;
  }
  ProtobufReader packed(field.bytes());
  while (!packed.at_end()) {
    const uint64_t value = fixed_size == 0 ? packed.varint() : packed.fixed(fixed_size);
    if (packed.is_broken()) break;
    take(value);
  }
  if (packed.is_broken()) field.fail();
}

bool read_span(std::string_view message, std::vector<BucketSpan>& spans) {
  BucketSpan span;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) span.offset = static_cast<int32_t>(field.zigzag());
    if (field.field() == 2) span.length = static_cast<uint32_t>(field.number());
  }
  spans.push_back(span);
  return !field.is_broken();
}

bool read_buckets(ProtobufReader& field, NativeHistogram& h) {
  const auto read_deltas = [&](std::vector<int64_t>& out) {
    read_numbers(field, 0, [&](uint64_t v) { out.push_back(ProtobufReader::decode_zigzag(v)); });
  };
  const auto read_doubles = [&](std::vector<double>& out) {
    read_numbers(field, 8, [&](uint64_t v) { out.push_back(std::bit_cast<double>(v)); });
  };
  switch (field.field()) {
    case 8:
      return read_span(field.bytes(), h.negative_spans);
    case 9:
      return read_deltas(h.negative_deltas), true;
    case 10:
      return read_doubles(h.negative_counts), true;
    case 11:
      return read_span(field.bytes(), h.positive_spans);
    case 12:
      return read_deltas(h.positive_deltas), true;
    case 13:
      return read_doubles(h.positive_counts), true;
    case 16:
      return read_doubles(h.custom_bounds), true;
    default:
      return true;
  }
}

void read_histogram_field(const ProtobufReader& field, NativeHistogram& h) {
  switch (field.field()) {
    case 1:
      h.count = field.number();
      h.is_float = false;
      break;
    case 2:
      h.count_float = field.floating();
      h.is_float = true;
      break;
    case 3:
      h.sum = field.floating();
      break;
    case 4:
      h.schema = static_cast<int32_t>(field.zigzag());
      break;
    case 5:
      h.zero_threshold = field.floating();
      break;
    case 6:
      h.zero_count = field.number();
      break;
    case 7:
      h.zero_count_float = field.floating();
      break;
    case 14:
      if (field.number() <= static_cast<uint64_t>(NativeHistogram::ResetHint::gauge)) {
        h.reset_hint = static_cast<NativeHistogram::ResetHint>(field.number());
      }
      break;
    default:
      break;
  }
}

// What the enum of either protocol means: they number the types alike.
FamilyType family_type(uint64_t number) {
  constexpr FamilyType types[] = {
      FamilyType::unknown,         FamilyType::counter, FamilyType::gauge, FamilyType::histogram,
      FamilyType::gauge_histogram, FamilyType::summary, FamilyType::info,  FamilyType::stateset};
  return number < std::size(types) ? types[number] : FamilyType::unknown;
}

}  // namespace

void WriteRequest::clear() {
  symbols_.clear();
  labels_.clear();
  samples_.clear();
  histograms_.clear();
  exemplars_.clear();
  series_.clear();
}

Result<void> WriteRequest::parse(std::string_view message, RemoteWriteProtocol protocol) {
  clear();
  const bool is_v2 = protocol == RemoteWriteProtocol::v2;
  bool is_whole = true;
  if (is_v2) {
    // Symbols may stand anywhere, also behind what refers to them.
    ProtobufReader field(message);
    while (field.next()) {
      if (field.field() == 4 && field.is_bytes()) symbols_.push_back(field.bytes());
    }
  }
  ProtobufReader field(message);
  while (is_whole && field.next()) {
    if (!field.is_bytes()) continue;
    if (is_v2) {
      if (field.field() == 5) is_whole = read_v2_series(field.bytes());
    } else if (field.field() == 1) {
      is_whole = read_v1_series(field.bytes());
    } else if (field.field() == 3) {
      is_whole = is_metadata(field.bytes());
    }
  }
  if (is_whole && !field.is_broken()) return {};
  clear();
  return fail(
      fmt::format("the message is not a whole {}", is_v2 ? write_request_v2 : write_request_v1));
}

bool WriteRequest::read_v1_series(std::string_view message) {
  Series series{.labels = {.begin = size_of(labels_)},
                .samples = {.begin = size_of(samples_)},
                .histograms = {.begin = size_of(histograms_)},
                .exemplars = {.begin = size_of(exemplars_)}};
  // The labels first: those of exemplars go into the same list.
  ProtobufReader labels(message);
  while (labels.next()) {
    if (labels.field() == 1 && !read_v1_label(labels.bytes())) return false;
  }
  close(series.labels, labels_);
  ProtobufReader field(message);
  bool is_whole = true;
  while (is_whole && field.next()) {
    if (field.field() == 2) is_whole = read_sample(field.bytes());
    if (field.field() == 3) is_whole = read_v1_exemplar(field.bytes());
    if (field.field() == 4) is_whole = read_histogram(field.bytes());
  }
  close(series.samples, samples_);
  close(series.histograms, histograms_);
  close(series.exemplars, exemplars_);
  series_.push_back(std::move(series));
  return is_whole && !field.is_broken();
}

bool WriteRequest::read_v1_label(std::string_view message) {
  Label label;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) label.name = field.bytes();
    if (field.field() == 2) label.value = field.bytes();
  }
  labels_.push_back(label);
  return !field.is_broken();
}

bool WriteRequest::read_v1_exemplar(std::string_view message) {
  Exemplar exemplar{.labels = {.begin = size_of(labels_)}};
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1 && !read_v1_label(field.bytes())) return false;
    if (field.field() == 2) exemplar.value = field.floating();
    if (field.field() == 3) exemplar.timestamp_ms = static_cast<int64_t>(field.number());
  }
  close(exemplar.labels, labels_);
  exemplars_.push_back(exemplar);
  return !field.is_broken();
}

// Metadata of protocol 1.0 belongs to no series; nobody asks for it.
bool WriteRequest::is_metadata(std::string_view message) {
  ProtobufReader field(message);
  while (field.next()) {
  }
  return !field.is_broken();
}

bool WriteRequest::read_sample(std::string_view message) {
  Sample sample;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) sample.value = field.floating();
    if (field.field() == 2) sample.timestamp_ms = static_cast<int64_t>(field.number());
    if (field.field() == 3) sample.created_ms = static_cast<int64_t>(field.number());
  }
  samples_.push_back(sample);
  return !field.is_broken();
}

bool WriteRequest::read_histogram(std::string_view message) {
  Histogram sample;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 15) sample.timestamp_ms = static_cast<int64_t>(field.number());
    if (field.field() == 17) sample.created_ms = static_cast<int64_t>(field.number());
    read_histogram_field(field, sample.histogram);
    if (!read_buckets(field, sample.histogram)) return false;
  }
  histograms_.push_back(std::move(sample));
  return !field.is_broken();
}

bool WriteRequest::read_v2_labels(std::string_view packed, Range& range, std::string& problem) {
  ProtobufReader numbers(packed);
  references_.clear();
  while (!numbers.at_end()) references_.push_back(static_cast<uint32_t>(numbers.varint()));
  if (numbers.is_broken()) return false;
  if (references_.size() % 2 != 0) {
    problem = fmt::format("invalid labelRefs length {}", references_.size());
    return true;
  }
  for (size_t i = 0; i < references_.size(); i += 2) {
    const uint32_t name = references_[i];
    const uint32_t value = references_[i + 1];
    if (name >= symbols_.size() || value >= symbols_.size()) {
      problem = fmt::format("labelRefs {} (name) = {} (value) outside of symbols table (size {})",
                            name, value, symbols_.size());
      break;
    }
    labels_.push_back({symbols_[name], symbols_[value]});
  }
  close(range, labels_);
  return true;
}

bool WriteRequest::read_v2_series(std::string_view message) {
  Series series{.labels = {.begin = size_of(labels_)},
                .samples = {.begin = size_of(samples_)},
                .histograms = {.begin = size_of(histograms_)},
                .exemplars = {.begin = size_of(exemplars_)}};
  ProtobufReader labels(message);
  while (labels.next()) {
    if (labels.field() == 1 && !read_v2_labels(labels.bytes(), series.labels, series.problem)) {
      return false;
    }
  }
  series_references_.swap(references_);
  const auto complain = [&](std::string_view about, std::string_view problem) {
    series.problem = fmt::format("parsing {} for series [{}]: {}", about,
                                 fmt::join(series_references_, " "), problem);
  };
  if (!series.problem.empty()) complain("labels", std::string(series.problem));
  bool is_whole = true;
  std::string metadata_problem;
  int64_t created_ms = 0;  // As the first drafts of the protocol had it: of the whole series.
  ProtobufReader field(message);
  while (is_whole && field.next()) {
    if (field.field() == 2) is_whole = read_sample(field.bytes());
    if (field.field() == 3) is_whole = read_histogram(field.bytes());
    if (field.field() == 4) is_whole = read_v2_exemplar(field.bytes());
    if (field.field() == 5) is_whole = read_v2_metadata(field.bytes(), series, metadata_problem);
    if (field.field() == 6) created_ms = static_cast<int64_t>(field.number());
  }
  close(series.samples, samples_);
  close(series.histograms, histograms_);
  close(series.exemplars, exemplars_);
  if (created_ms != 0) {
    for (size_t i = series.samples.begin; i < samples_.size(); ++i) {
      if (samples_[i].created_ms == 0) samples_[i].created_ms = created_ms;
    }
    for (size_t i = series.histograms.begin; i < histograms_.size(); ++i) {
      if (histograms_[i].created_ms == 0) histograms_[i].created_ms = created_ms;
    }
  }
  if (series.problem.empty() && !metadata_problem.empty()) complain("metadata", metadata_problem);
  series_.push_back(std::move(series));
  return is_whole && !field.is_broken();
}

bool WriteRequest::read_v2_exemplar(std::string_view message) {
  Exemplar exemplar{.labels = {.begin = size_of(labels_)}};
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1 && !read_v2_labels(field.bytes(), exemplar.labels, exemplar.problem)) {
      return false;
    }
    if (field.field() == 2) exemplar.value = field.floating();
    if (field.field() == 3) exemplar.timestamp_ms = static_cast<int64_t>(field.number());
  }
  exemplars_.push_back(std::move(exemplar));
  return !field.is_broken();
}

bool WriteRequest::read_v2_metadata(std::string_view message, Series& series,
                                    std::string& problem) const {
  const auto find = [&](std::string_view what, uint64_t reference) -> std::string_view {
    if (reference < symbols_.size()) return symbols_[reference];
    problem = fmt::format("metadata {} {} outside of symbols table (size {})", what, reference,
                          symbols_.size());
    return {};
  };
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) series.metadata.type = family_type(field.number());
    if (field.field() == 3) series.metadata.help = find("help_ref", field.number());
    if (field.field() == 4) series.metadata.unit = find("unit_ref", field.number());
  }
  return !field.is_broken();
}

}  // namespace alloy::wire
