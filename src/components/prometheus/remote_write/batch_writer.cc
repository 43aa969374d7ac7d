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
    : pool_(pool), places_(places_count), points_(points_count) {}

BatchWriter::~BatchWriter() { forget(); }

void BatchWriter::forget() {
  for (const LabelId id : held_) pool_.release(id);
  held_.clear();
  // Places of this request are behind the ones of the next.
  first_series_ += series_count();
  if (first_series_ > UINT32_MAX / 2) {
    places_.assign(places_count, {});
    first_series_ = 1;
  }
  points_.assign(points_count, {});
  parts_count_ = 0;
  series_ends_.clear();
  reference_ = no_series;
  head_size_ = 0;
  last_point_ = {};
}

void BatchWriter::start(std::span<char> block) {
  forget();
  out_.start(block);
}

std::span<const BatchWriter::Part> BatchWriter::parts_of(uint32_t series) const {
  if (series >= series_ends_.size()) return {};
  const size_t begin = series == 0 ? 0 : series_ends_[series - 1];
  return std::span(parts_).subspan(begin, series_ends_[series] - begin);
}

// Mostly it is at the same place. Otherwise looks a little ahead only: labels are sorted, so equal
// ones come in the same order.
inline const BatchWriter::Part* BatchWriter::find_near(std::span<const Part> parts, size_t index,
                                                       size_t& hint, LabelId id) {
  if (index < parts.size() && parts[index].id == id) {
    hint = index + 1;
    return &parts[index];
  }
  constexpr size_t steps_max = 4;
  const size_t end = std::min(parts.size(), hint + steps_max);
  for (size_t i = hint; i < end; ++i) {
    if (parts[i].id != id) continue;
    hint = i + 1;
    return &parts[i];
  }
  return nullptr;
}

BatchWriter::Place& BatchWriter::place_of(LabelId id) { return places_[hash(id, places_count)]; }

// Makes the plan for a label that is in neither of the two series.
void BatchWriter::look_up(LabelId label, Plan& plan) {
  const Place& place = place_of(label);
  if (place.series >= first_series_ && place.part.id == label) {
    plan.elsewhere = place.part.position;
    plan.size = place.part.size;
    // The pair that was not seen for longest is the one that tells most.
    reference_ = std::min(reference_, place.series - first_series_);
  } else {
    const std::string_view text = pool_.encoded(label);
    plan.text = text.data();
    plan.size = static_cast<uint32_t>(text.size());
  }
}

size_t BatchWriter::measure(std::span<const LabelId> labels) {
  plans_.resize(labels.size());
  const std::span<const Part> before = parts_of(series_count() - 1);  // Wraps when there is none.
  // Series that repeat others do so in their order: the one behind the last is tried first.
  const uint32_t guess = reference_ == no_series ? no_series : reference_ + 1;
  const std::span<const Part> guessed = parts_of(guess);
  reference_ = no_series;
  size_t hint_before = 0;
  size_t hint_guessed = 0;
  size_t total = 0;
  bool is_of_use = false;
  for (size_t i = 0; i < labels.size(); ++i) {
    Plan& plan = plans_[i];
    plan.text = nullptr;
    plan.before = find_near(before, i, hint_before, labels[i]);
    plan.other = find_near(guessed, i, hint_guessed, labels[i]);
    if (plan.before != nullptr) {
      plan.size = plan.before->size;
    } else if (plan.other != nullptr) {
      plan.size = plan.other->size;
      is_of_use = true;
    } else {
      look_up(labels[i], plan);
    }
    total += plan.size;
  }
  if (reference_ != no_series) {
    find_in_reference(labels);
  } else {
    reference_ = is_of_use ? guess : no_series;
    if (!is_of_use) {
      for (Plan& plan : plans_) plan.other = nullptr;
    }
  }
  return total;
}

// The guess was wrong.
void BatchWriter::find_in_reference(std::span<const LabelId> labels) {
  const std::span<const Part> reference = parts_of(reference_);
  size_t hint = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    Plan& plan = plans_[i];
    const Part* guessed = plan.other;
    plan.other = find_near(reference, i, hint, labels[i]);
    if (plan.other == nullptr && plan.before == nullptr && guessed != nullptr) {
      plan.elsewhere = guessed->position;
    }
  }
}

// Of the places to copy a label from, the one that costs least: going on with the open copy is
// free; otherwise one from which the next label can be copied too.
inline uint32_t BatchWriter::choose_source(size_t index, const Part* reference_end) const {
  const Plan& plan = plans_[index];
  if (plan.other == nullptr) {
    return plan.before != nullptr ? plan.before->position : plan.elsewhere;
  }
  if (plan.before == nullptr || out_.continues(plan.other->position)) return plan.other->position;
  if (out_.continues(plan.before->position)) return plan.before->position;
  const bool before_goes_on = index + 1 < plans_.size() && plans_[index + 1].before != nullptr;
  const bool other_goes_on = plan.other + 1 < reference_end;
  return before_goes_on || !other_goes_on ? plan.before->position : plan.other->position;
}

void BatchWriter::write_labels(std::span<const LabelId> labels) {
  const uint32_t number = first_series_ + series_count();
  const std::span<const Part> reference = parts_of(reference_);
  const Part* const reference_end = reference.data() + reference.size();
  Part* part = parts_.data() + parts_count_;
  for (size_t i = 0; i < labels.size(); ++i, ++part) {
    const Plan& plan = plans_[i];
    *part = {labels[i], plan.size, out_.position()};
    if (plan.text == nullptr || plan.other != nullptr) {
      out_.copy(choose_source(i, reference_end), plan.size);
    } else {
      pool_.acquire(labels[i]);
      held_.push_back(labels[i]);
      out_.literal(plan.text, plan.size);
    }
    if (plan.before == nullptr) place_of(labels[i]) = {*part, number};
  }
  parts_count_ += labels.size();
  series_ends_.push_back(static_cast<uint32_t>(parts_count_));
}

void BatchWriter::make_room_for_parts(size_t count) {
  if (parts_.size() < parts_count_ + count) parts_.resize(2 * (parts_count_ + count));
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
  const auto labels = series.labels();
  // Room first, so that nothing moves while it is being read.
  make_room_for_parts(labels.size());
  const size_t labels_size = measure(labels);
  bytes_wanted_ = SnappyWriter::bound(labels_size + field_size, labels.size() + 5);
  if (out_.room() < bytes_wanted_) return false;
  write_head(labels_size + field_size);
  write_labels(labels);
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
  const Point& known = points_[hash(point.bits, points_count)];
  if (equal_bytes < 4 && known.bits == point.bits && known.timestamp_ms == point.timestamp_ms &&
      known.size == point.size) {
    out_.copy(known.position, point.size);
    return;
  }
  size_t front = point_value_offset + equal_bytes;
  // A copy of its own would cost as much as the few bytes.
  if (front < 6 && !out_.continues(last.position)) front = 0;
  if (front != 0) out_.copy(last.position, static_cast<uint32_t>(front));
  if (last.timestamp_ms != point.timestamp_ms) {
    out_.literal(text + front, point.size - front);
    return;
  }
  if (equal_bytes < sizeof point.bits) out_.literal(text + front, point_timestamp_offset - front);
  out_.copy(last.position + static_cast<uint32_t>(point_timestamp_offset),
            static_cast<uint32_t>(point.size - point_timestamp_offset));
}

bool BatchWriter::add(const Sample& sample, const Series& series, const Extras&) {
  char text[32];
  const auto size =
      static_cast<uint32_t>(write_point_text(text, sample.timestamp_ms, sample.value) - text);
  if (!begin_series(series, size)) return false;
  const Point point{std::bit_cast<uint64_t>(sample.value), sample.timestamp_ms, out_.position(),
                    size};
  write_point(point, text);
  points_[hash(point.bits, points_count)] = point;
  last_point_ = point;
  return true;
}

bool BatchWriter::add_message(const Series& series, std::string_view field) {
  if (!begin_series(series, field.size())) return false;
  out_.literal(field.data(), field.size());
  return true;
}

bool BatchWriter::add(const HistogramSample& sample, const Series& series, const Extras&) {
  scratch_.clear();
  protobuf::append_bytes_field(scratch_, histograms_field,
                               histogram_message(*sample.histogram, sample.timestamp_ms));
  return add_message(series, scratch_);
}

bool BatchWriter::add(const Exemplar& exemplar, const Series& series, const Extras&) {
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
