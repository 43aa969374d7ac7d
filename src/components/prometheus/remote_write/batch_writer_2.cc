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
// A copy in a place of its own costs up to three bytes, and a byte for the literal behind it.
constexpr size_t copy_bytes_min = 4;
// Shorter beginnings that texts have in common are not worth a copy.
constexpr size_t shared_text_min = 6;

size_t hash(uint64_t value, size_t places) {
  return static_cast<size_t>((value * 0x9e3779b97f4a7c15) >> 32) & (places - 1);
}

size_t count_equal(const char* a, const char* b, size_t size) {
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
    uint64_t x;
    uint64_t y;
    std::memcpy(&x, a + i, sizeof x);
    std::memcpy(&y, b + i, sizeof y);
    if (x != y) return i + static_cast<size_t>(std::countr_zero(x ^ y)) / 8;
  }
  while (i < size && a[i] == b[i]) ++i;
  return i;
}

size_t count_equal_at_end(std::string_view a, std::string_view b, size_t size_max) {
  size_t i = 0;
  while (i < size_max && a[a.size() - 1 - i] == b[b.size() - 1 - i]) ++i;
  return i;
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
  before_.end = before_.begin;
  constexpr uint32_t requests_max = (1u << 28) - 1;
  if (++request_ > requests_max) {
    places_.assign(places_count, {});
    request_ = 1;
  }
}

void BatchWriter2::start(std::span<char> block) {
  forget();
  out_.start(block);
  write_symbol({}, nullptr);
}

// Symbols like the one before begin like it, more often than not.
bool BatchWriter2::write_symbol(std::string_view text, SymbolTable::Symbol* name) {
  if (!has_room(text.size() + 8, 3)) return false;
  char head[8];
  head[0] = symbol_tag;
  const char* end = protobuf::write_varint(head + 1, text.size());
  out_.literal(head, static_cast<size_t>(end - head));
  const uint32_t position = out_.position();
  size_t shared = 0;
  if (name != nullptr) {
    const std::string_view last = name->value_text;
    shared = count_equal(text.data(), last.data(), std::min(text.size(), last.size()));
    if (shared >= shared_text_min) {
      out_.copy(name->value_position, static_cast<uint32_t>(shared));
    } else {
      shared = 0;
    }
    name->value_text = text;
    name->value_position = position;
  }
  if (shared < text.size()) out_.literal(text.data() + shared, text.size() - shared);
  return true;
}

bool BatchWriter2::make_symbol(std::string_view text, uint32_t& number) {
  const uint32_t fresh = symbols_.size();
  number = symbols_.find_or_add(text);
  return number != fresh || write_symbol(text, nullptr);
}

// The same for a text that does not live as long as the request.
bool BatchWriter2::make_kept_symbol(std::string_view text, uint32_t& number) {
  const uint32_t fresh = symbols_.size();
  number = symbols_.find_or_add(text);
  if (number != fresh) return true;
  symbols_[number].text = symbols_.keep(text);
  return write_symbol(text, nullptr);
}

bool BatchWriter2::place_pair(LabelId id, Place& place) {
  const Label label = pool_.label(id);
  // Held before anything refers to its texts.
  pool_.acquire(id);
  held_.push_back(id);
  uint32_t name = 0;
  if (!make_symbol(label.name, name)) return false;
  const uint32_t fresh = symbols_.size();
  const uint32_t value = symbols_.find_or_add(label.value);
  if (value == fresh && !write_symbol(label.value, &symbols_[name])) return false;
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
bool BatchWriter2::refuse(const Series& series, size_t rest_max) {
  size_t size = rest_max + head_bytes_max;
  for (const LabelId id : series.labels()) size += pool_.encoded(id).size() + 16;
  bytes_wanted_ = SnappyWriter::bound(size, 6 * series.labels().size() + 16);
  return false;
}

bool BatchWriter2::write_references(const Series& series, size_t rest_max) {
  const auto labels = series.labels();
  const size_t size_max = head_bytes_max + labels.size() * sizeof(Place::text) + 16;
  if (now_.bytes.size() < size_max + rest_max) now_.bytes.resize(2 * (size_max + rest_max));
  char* out = now_.bytes.data() + head_bytes_max;
  for (const LabelId id : labels) {
    Place& place = places_[hash(id, places_count)];
    if (place.id != id || place.request != request_) {
      if (!place_pair(id, place)) return refuse(series, rest_max);
    }
    std::memcpy(out, place.text, sizeof place.text);
    out += place.size;
  }
  now_.references = head_bytes_max;
  now_.rest = static_cast<size_t>(out - now_.bytes.data());
  // Every byte may end up in a literal; pieces are counted as generously.
  const size_t size = now_.rest + rest_max;
  return has_room(size, size / copy_bytes_min + 8) || refuse(series, rest_max);
}

// Puts the head in front, now that the sizes are known, and writes the whole.
void BatchWriter2::finish(std::string_view rest) {
  if (!rest.empty()) std::memcpy(now_.bytes.data() + now_.rest, rest.data(), rest.size());
  now_.end = now_.rest + rest.size();
  const size_t references_size = now_.rest - now_.references;
  char head[head_bytes_max];
  char inner[12];
  inner[0] = references_tag;
  const char* inner_end = protobuf::write_varint(inner + 1, references_size);
  const auto inner_size = static_cast<size_t>(inner_end - inner);
  head[0] = timeseries_tag;
  char* end = protobuf::write_varint(head + 1, inner_size + references_size + rest.size());
  std::memcpy(end, inner, inner_size);
  end += inner_size;
  const auto head_size = static_cast<size_t>(end - head);
  now_.begin = now_.references - head_size;
  std::memcpy(now_.bytes.data() + now_.begin, head, head_size);
  now_.position = out_.position();
  emit();
  std::swap(now_, before_);
}

void BatchWriter2::emit() {
  const Message& a = now_;
  const Message& b = before_;
  const auto position = [&](size_t place) {
    return b.position + static_cast<uint32_t>(place - b.begin);
  };
  if (b.end == b.begin) {
    out_.literal(a.bytes.data() + a.begin, a.end - a.begin);
    return;
  }
  if (a.end - a.begin == b.end - b.begin && a.rest == b.rest && a.begin == b.begin) {
    emit_aligned(a.part(a.begin, a.end), b.part(b.begin, b.end), b.position);
    return;
  }
  emit_part(a.part(a.begin, a.references), b.part(b.begin, b.references), b.position);
  emit_part(a.part(a.references, a.rest), b.part(b.references, b.rest), position(b.references));
  emit_part(a.part(a.rest, a.end), b.part(b.rest, b.end), position(b.rest));
}

// `before` stands at `position` in the request.
void BatchWriter2::emit_part(std::string_view now, std::string_view before, uint32_t position) {
  if (now.size() == before.size()) {
    emit_aligned(now, before, position);
    return;
  }
  const size_t shorter = std::min(now.size(), before.size());
  size_t front = count_equal(now.data(), before.data(), shorter);
  size_t back = count_equal_at_end(now, before, shorter - front);
  if (front < copy_bytes_min && !out_.continues(position)) front = 0;
  if (back < copy_bytes_min) back = 0;
  if (front != 0) out_.copy(position, static_cast<uint32_t>(front));
  if (now.size() > front + back) out_.literal(now.data() + front, now.size() - front - back);
  if (back == 0) return;
  out_.copy(position + static_cast<uint32_t>(before.size() - back), static_cast<uint32_t>(back));
}

// The same for two parts of one size, byte by byte at the same place.
void BatchWriter2::emit_aligned(std::string_view now, std::string_view before, uint32_t position) {
  const size_t size = now.size();
  size_t written = 0;
  size_t i = 0;
  while (i < size) {
    const size_t equal = count_equal(now.data() + i, before.data() + i, size - i);
    const bool is_worth_it = equal >= copy_bytes_min || (i == 0 && out_.continues(position));
    if (equal != 0 && is_worth_it) {
      if (i > written) out_.literal(now.data() + written, i - written);
      out_.copy(position + static_cast<uint32_t>(i), static_cast<uint32_t>(equal));
      written = i + equal;
    }
    i += equal;
    while (i < size && now[i] != before[i]) ++i;
  }
  if (size > written) out_.literal(now.data() + written, size - written);
}

bool BatchWriter2::add(const Sample& sample, const Series& series, const Extras& extras) {
  rest_.clear();
  if (extras.metadata != nullptr || !extras.exemplars.empty()) [[unlikely]] {
    if (!write_rest(extras, rest_)) return refuse(series, 2 * rest_.size() + 4096);
  }
  char text[sample_bytes_max];
  const char* end = write_sample(text, sample, extras.created_ms);
  const std::string_view point(text, static_cast<size_t>(end - text));
  if (rest_.empty()) [[likely]] {
    return add_message(series, point);
  }
  rest_.insert(0, point);
  return add_message(series, rest_);
}

bool BatchWriter2::add_message(const Series& series, std::string_view rest) {
  if (!write_references(series, rest.size())) return false;
  finish(rest);
  return true;
}

bool BatchWriter2::add(const HistogramSample& sample, const Series& series, const Extras& extras) {
  std::string extra;
  if (!write_rest(extras, extra)) return refuse(series, 2 * extra.size() + 4096);
  std::string message = histogram_message(*sample.histogram, sample.timestamp_ms);
  if (extras.created_ms != 0) append_histogram_created(message, extras.created_ms);
  rest_.clear();
  protobuf::append_bytes_field(rest_, histograms_field, message);
  rest_ += extra;
  return add_message(series, rest_);
}

bool BatchWriter2::add(const Exemplar& exemplar, const Series& series, const Extras&) {
  rest_.clear();
  if (!write_exemplar(exemplar, rest_)) return refuse(series, 2 * rest_.size() + 4096);
  return add_message(series, rest_);
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
