#include "components/prometheus/remote_write/batch_writer.h"

#include "components/prometheus/remote_write/histogram_message.h"
#include "components/prometheus/remote_write/protobuf.h"

namespace alloy::prometheus::remote_write {
namespace {

// Tags of prometheus.WriteRequest and what is in it.
constexpr char timeseries_tag = 0x0a;
constexpr char sample_tag = 0x12;
constexpr char sample_value_tag = 0x09;
constexpr char sample_timestamp_tag = 0x10;
constexpr uint32_t exemplars_field = 3;
constexpr uint32_t histograms_field = 4;

constexpr size_t point_value_offset = 3;
constexpr size_t point_timestamp_offset = 11;

size_t hash(uint64_t value, size_t places) {
  return static_cast<size_t>((value * 0x9e3779b97f4a7c15) >> 32) & (places - 1);
}

// The field `samples` of a TimeSeries.
char* write_point_text(char* out, int64_t timestamp_ms, double value) {
  const auto timestamp = static_cast<uint64_t>(timestamp_ms);
  *out++ = sample_tag;
  *out++ = static_cast<char>(10 + protobuf::varint_size(timestamp));
  *out++ = sample_value_tag;
  out = protobuf::write_double(out, value);
  *out++ = sample_timestamp_tag;
  return protobuf::write_varint(out, timestamp);
}

}  // namespace

BatchWriter::BatchWriter(LabelPool& pool)
    : pool_(pool), pairs_(pair_places), points_(point_places) {}

BatchWriter::~BatchWriter() { forget(); }

void BatchWriter::forget() {
  for (PairPlace& place : pairs_) {
    if (place.size != 0) pool_.release(place.id);
    place = {};
  }
  points_.assign(point_places, {});
  previous_count_ = 0;
  head_size_ = 0;
  last_point_ = {};
}

void BatchWriter::start(std::span<char> block) {
  forget();
  out_.start(block);
}

size_t BatchWriter::flush() {
  // The pairs of the last series may die and their numbers be given to others.
  previous_count_ = 0;
  return out_.flush();
}

BatchWriter::PairPlace& BatchWriter::place_of(LabelId id) { return pairs_[hash(id, pair_places)]; }

size_t BatchWriter::measure(const Series& series) {
  const auto labels = series.labels();
  if (parts_.size() < labels.size()) parts_.resize(labels.size());
  size_t total = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    Part& part = parts_[i];
    part.id = labels[i];
    if (i < previous_count_ && previous_[i].id == labels[i]) {
      part.source = previous_[i].position;
      part.size = previous_[i].size;
      part.place = nullptr;
    } else if (PairPlace& place = place_of(labels[i]); place.size != 0 && place.id == labels[i]) {
      part.source = place.position;
      part.size = place.size;
      part.place = &place;
    } else {
      const std::string_view text = pool_.encoded(labels[i]);
      part.source = written_out;
      part.size = static_cast<uint32_t>(text.size());
      part.text = text.data();
    }
    total += part.size;
  }
  return total;
}

void BatchWriter::write_out(Part& part) {
  PairPlace& place = place_of(part.id);
  if (place.size != 0) pool_.release(place.id);
  pool_.acquire(part.id);
  place = {part.id, part.position, part.size};
  out_.literal(part.text, part.size);
}

void BatchWriter::write_labels() {
  for (size_t i = 0; i < previous_count_; ++i) {
    Part& part = parts_[i];
    part.position = out_.position();
    if (part.source == written_out) {
      write_out(part);
    } else {
      out_.copy(part.source, part.size);
      // Nearer is cheaper. (The place may have gone to another pair meanwhile.)
      if (part.place != nullptr && part.place->id == part.id) part.place->position = part.position;
    }
  }
}

void BatchWriter::write_head(size_t message_size) {
  char head[head_bytes_max];
  head[0] = timeseries_tag;
  const char* end = protobuf::write_varint(head + 1, message_size);
  const auto size = static_cast<uint32_t>(end - head);
  const uint32_t position = out_.position();
  if (size == head_size_ && std::memcmp(head, head_, size) == 0) {
    out_.copy(head_position_, size);
  } else {
    out_.literal(head, size);
    std::memcpy(head_, head, size);
    head_size_ = size;
  }
  head_position_ = position;
}

bool BatchWriter::begin_series(const Series& series, size_t field_size) {
  const size_t count = series.labels().size();
  const size_t labels_size = measure(series);
  bytes_wanted_ = SnappyWriter::bound(labels_size + field_size, count + 5);
  if (out_.room() < bytes_wanted_) return false;
  write_head(labels_size + field_size);
  previous_count_ = count;
  write_labels();
  std::swap(parts_, previous_);
  return true;
}

// Most of a point is as it was in the last one, at the distance at which the labels repeat too.
void BatchWriter::write_point(const Point& point, const char* text) {
  const Point& last = last_point_;
  if (last.size != point.size) {
    out_.literal(text, point.size);
    return;
  }
  const uint64_t difference = point.bits ^ last.bits;
  const size_t equal_bytes = static_cast<size_t>(std::countr_zero(difference)) / 8;
  const Point& known = points_[hash(point.bits, point_places)];
  if (equal_bytes < 4 && known.bits == point.bits && known.timestamp_ms == point.timestamp_ms &&
      known.size == point.size) {
    out_.copy(known.position, point.size);
    return;
  }
  const size_t front = point_value_offset + equal_bytes;
  out_.copy(last.position, static_cast<uint32_t>(front));
  if (last.timestamp_ms != point.timestamp_ms) {
    out_.literal(text + front, point.size - front);
    return;
  }
  if (equal_bytes < sizeof point.bits) out_.literal(text + front, point_timestamp_offset - front);
  out_.copy(last.position + static_cast<uint32_t>(point_timestamp_offset),
            static_cast<uint32_t>(point.size - point_timestamp_offset));
}

bool BatchWriter::add(const Series& series, int64_t timestamp_ms, double value) {
  char text[32];
  const auto size = static_cast<uint32_t>(write_point_text(text, timestamp_ms, value) - text);
  if (!begin_series(series, size)) return false;
  const Point point{std::bit_cast<uint64_t>(value), timestamp_ms, out_.position(), size};
  write_point(point, text);
  points_[hash(point.bits, point_places)] = point;
  last_point_ = point;
  return true;
}

bool BatchWriter::add_message(const Series& series, std::string_view field) {
  if (!begin_series(series, field.size())) return false;
  out_.literal(field.data(), field.size());
  return true;
}

bool BatchWriter::add(const HistogramSample& sample, const Series& series) {
  scratch_.clear();
  protobuf::append_bytes_field(scratch_, histograms_field,
                               histogram_message(*sample.histogram, sample.timestamp_ms));
  return add_message(series, scratch_);
}

bool BatchWriter::add(const Exemplar& exemplar, const Series& series) {
  std::string message;
  for (const Label& label : exemplar.labels) {
    std::string pair;
    protobuf::append_bytes_field(pair, 1, label.name);
    protobuf::append_bytes_field(pair, 2, label.value);
    protobuf::append_bytes_field(message, 1, pair);
  }
  if (exemplar.value != 0) protobuf::append_double_field(message, 2, exemplar.value);
  if (exemplar.timestamp_ms != 0) {
    protobuf::append_varint_field(message, 3, static_cast<uint64_t>(exemplar.timestamp_ms));
  }
  scratch_.clear();
  protobuf::append_bytes_field(scratch_, exemplars_field, message);
  return add_message(series, scratch_);
}

}  // namespace alloy::prometheus::remote_write
