#include "components/prometheus/remote_write/batch_writer_2.h"

#include <algorithm>

#include "components/prometheus/remote_write/histogram_message.h"
#include "components/prometheus/remote_write/protobuf.h"

namespace alloy::prometheus::remote_write {
namespace {

// Tags of io.prometheus.write.v2.Request and what is in it.
constexpr char symbol_tag = 0x22;
constexpr char timeseries_tag = 0x2a;
constexpr char references_tag = 0x0a;
constexpr char sample_tag = 0x12;
constexpr char sample_value_tag = 0x09;
constexpr char sample_timestamp_tag = 0x10;
constexpr char sample_created_tag = 0x18;
constexpr uint32_t histograms_field = 3;
constexpr uint32_t exemplars_field = 4;
constexpr uint32_t metadata_field = 5;

// Most bytes of a sample with everything that may belong to it.
constexpr size_t sample_bytes_max = 48;
// Room for the tags and lengths in front of the references.
constexpr size_t head_bytes_max = 24;

size_t hash(uint64_t value, size_t places) {
  return static_cast<size_t>((value * 0x9e3779b97f4a7c15) >> 32) & (places - 1);
}

// At most, symbols included.
size_t size_of(const Exemplar& exemplar) {
  size_t size = 4 * head_bytes_max;
  for (const Label& label : exemplar.labels) {
    size += label.name.size() + label.value.size() + 2 * head_bytes_max;
  }
  return size;
}

size_t size_of(const Extras& extras) {
  size_t size = 8 * head_bytes_max;
  for (const Exemplar* exemplar : extras.exemplars) size += size_of(*exemplar);
  if (extras.metadata != nullptr)
    size += extras.metadata->help.size() + extras.metadata->unit.size();
  return size;
}

char* write_sample(char* out, const Sample& sample, int64_t created_ms) {
  const auto timestamp = static_cast<uint64_t>(sample.timestamp_ms);
  const auto created = static_cast<uint64_t>(created_ms);
  size_t size = 10 + protobuf::varint_size(timestamp);
  if (created_ms != 0) size += 1 + protobuf::varint_size(created);
  *out++ = sample_tag;
  *out++ = static_cast<char>(size);
  *out++ = sample_value_tag;
  out = protobuf::write_double(out, sample.value);
  *out++ = sample_timestamp_tag;
  out = protobuf::write_varint(out, timestamp);
  if (created_ms == 0) return out;
  *out++ = sample_created_tag;
  return protobuf::write_varint(out, created);
}

}  // namespace

BatchWriter2::BatchWriter2(LabelPool& pool) : pool_(pool), places_(places_count) {}

BatchWriter2::~BatchWriter2() { forget(); }

void BatchWriter2::forget() {
  for (const LabelId id : held_) pool_.release(id);
  held_.clear();
  symbols_.clear();
  constexpr uint32_t requests_max = (1u << 28) - 1;
  if (++request_ > requests_max) {
    places_.assign(places_count, {});
    last_.clear();
    request_ = 1;
  }
}

void BatchWriter2::start(std::span<char> block) {
  forget();
  block_ = block;
  out_ = block.data();
  write_symbol({});
}

bool BatchWriter2::write_symbol(std::string_view text) {
  if (room() < text.size() + head_bytes_max) return false;
  *out_++ = symbol_tag;
  out_ = protobuf::write_varint(out_, text.size());
  if (!text.empty()) std::memcpy(out_, text.data(), text.size());
  out_ += text.size();
  return true;
}

bool BatchWriter2::make_symbol(std::string_view text, uint32_t& number) {
  const uint32_t fresh = symbols_.size();
  number = symbols_.find_or_add(text);
  return number != fresh || write_symbol(text);
}

// The same for a text that does not live as long as the request.
bool BatchWriter2::make_kept_symbol(std::string_view text, uint32_t& number) {
  const uint32_t fresh = symbols_.size();
  number = symbols_.find_or_add(text);
  if (number != fresh) return true;
  symbols_.keep(number);
  return write_symbol(text);
}

bool BatchWriter2::place_pair(LabelId id, Place& place) {
  const Label label = pool_.label(id);
  // Held before anything refers to its texts.
  pool_.acquire(id);
  held_.push_back(id);
  uint32_t name = 0;
  uint32_t value = 0;
  if (!make_symbol(label.name, name) || !make_symbol(label.value, value)) return false;
  place.id = id;
  place.request = request_;
  char text[10];
  char* end = protobuf::write_varint(text, name);
  end = protobuf::write_varint(end, value);
  // Numbers of eight bytes together would take a request of gigabytes.
  ASSERT(end - text <= 8);
  place.size = static_cast<uint32_t>(end - text) & 0xf;
  std::memcpy(place.text, text, sizeof place.text);
  return true;
}

// There is no room: says how much there would have to be.
bool BatchWriter2::refuse(const Series& series, size_t rest_size) {
  bytes_wanted_ = rest_size + 4 * head_bytes_max;
  for (const LabelId id : series.labels()) {
    bytes_wanted_ += pool_.encoded(id).size() + 2 * head_bytes_max;
  }
  return false;
}

bool BatchWriter2::collect_references(const Series& series) {
  const auto labels = series.labels();
  const size_t size_max = (labels.size() + 1) * sizeof(Place::text);
  if (references_.size() < size_max) references_.resize(2 * size_max);
  if (last_.size() < labels.size()) last_.resize(labels.size());
  char* out = references_.data();
  for (size_t i = 0; i < labels.size(); ++i) {
    const LabelId id = labels[i];
    Place& last = last_[i];
    // Half of the labels are those of the series before.
    if (last.id != id || last.request != request_) {
      Place& place = places_[hash(id, places_count)];
      if (place.id != id || place.request != request_) {
        if (!place_pair(id, place)) return false;
      }
      last = place;
    }
    std::memcpy(out, last.text, sizeof last.text);
    out += last.size;
  }
  references_size_ = static_cast<size_t>(out - references_.data());
  return true;
}

// Writes one TimeSeries: the references to its labels, and what comes behind them.
bool BatchWriter2::write_series(const Series& series, std::string_view rest) {
  if (!collect_references(series) || room() < references_size_ + rest.size() + head_bytes_max) {
    return refuse(series, rest.size());
  }
  const size_t list_size = 1 + protobuf::varint_size(references_size_) + references_size_;
  *out_++ = timeseries_tag;
  out_ = protobuf::write_varint(out_, list_size + rest.size());
  *out_++ = references_tag;
  out_ = protobuf::write_varint(out_, references_size_);
  std::memcpy(out_, references_.data(), references_size_);
  out_ += references_size_;
  std::memcpy(out_, rest.data(), rest.size());
  out_ += rest.size();
  return true;
}

bool BatchWriter2::add(const Sample& sample, const Series& series, const Extras& extras) {
  rest_.clear();
  if (extras.metadata != nullptr || !extras.exemplars.empty()) [[unlikely]] {
    if (!write_rest(extras, rest_)) return refuse(series, size_of(extras));
  }
  char text[sample_bytes_max];
  const char* end = write_sample(text, sample, extras.created_ms);
  const std::string_view point(text, static_cast<size_t>(end - text));
  if (rest_.empty()) [[likely]] {
    return write_series(series, point);
  }
  rest_.insert(0, point);
  return write_series(series, rest_);
}

bool BatchWriter2::add(const HistogramSample& sample, const Series& series, const Extras& extras) {
  std::string extra;
  if (!write_rest(extras, extra)) return refuse(series, size_of(extras));
  std::string message = histogram_message(*sample.histogram, sample.timestamp_ms);
  if (extras.created_ms != 0) append_histogram_created(message, extras.created_ms);
  rest_.clear();
  protobuf::append_bytes_field(rest_, histograms_field, message);
  rest_ += extra;
  return write_series(series, rest_);
}

bool BatchWriter2::add(const Exemplar& exemplar, const Series& series, const Extras&) {
  rest_.clear();
  if (!write_exemplar(exemplar, rest_)) return refuse(series, size_of(exemplar));
  return write_series(series, rest_);
}

bool BatchWriter2::write_rest(const Extras& extras, std::string& rest) {
  for (const Exemplar* exemplar : extras.exemplars) {
    if (!write_exemplar(*exemplar, rest)) return false;
  }
  if (extras.metadata == nullptr) return true;
  const FamilyMetadata& metadata = *extras.metadata;
  uint32_t help = 0;
  uint32_t unit = 0;
  if (!make_kept_symbol(metadata.help, help) || !make_kept_symbol(metadata.unit, unit))
    return false;
  std::string message;
  // The protocol numbers the types as we do.
  if (metadata.type != FamilyType::unknown) {
    protobuf::append_varint_field(message, 1, static_cast<uint64_t>(metadata.type));
  }
  if (help != 0) protobuf::append_varint_field(message, 3, help);
  if (unit != 0) protobuf::append_varint_field(message, 4, unit);
  protobuf::append_bytes_field(rest, metadata_field, message);
  return true;
}

bool BatchWriter2::write_exemplar(const Exemplar& exemplar, std::string& rest) {
  std::string references;
  for (const Label& label : exemplar.labels) {
    for (const std::string_view text : {label.name, label.value}) {
      uint32_t number = 0;
      if (!make_kept_symbol(text, number)) return false;
      protobuf::append_varint(references, number);
    }
  }
  std::string message;
  if (!references.empty()) protobuf::append_bytes_field(message, 1, references);
  if (exemplar.value != 0) protobuf::append_double_field(message, 2, exemplar.value);
  if (exemplar.timestamp_ms != 0) {
    protobuf::append_varint_field(message, 3, static_cast<uint64_t>(exemplar.timestamp_ms));
  }
  protobuf::append_bytes_field(rest, exemplars_field, message);
  return true;
}

}  // namespace alloy::prometheus::remote_write
