// MetricFamily messages as OpenMetrics text.
#include "wire/protobuf_exposition.h"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "wire/float_text.h"
#include "wire/protobuf_reader.h"

namespace alloy::wire {

namespace {

// Of MetricType in metrics.proto.
constexpr std::string_view type_names[] = {"counter", "gauge",     "summary",
                                           "unknown", "histogram", "gaugehistogram"};
enum Type : uint64_t { counter, gauge, summary, untyped, histogram, gauge_histogram };

struct Bucket {
  double count = 0;
  double upper_bound = 0;
  std::string_view exemplar;
};

struct Histogram {
  double count = 0;
  double sum = 0;
  std::vector<Bucket> buckets;
  std::vector<std::string_view> exemplars;
  std::string_view created;
  NativeHistogram native;
  bool is_native = false;
};

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

// A further digit keeps the way back, times 1000 and rounded down, from losing a millisecond.
std::string seconds_text(int64_t milliseconds) {
  return fmt::format("{}{}.{:03}2", milliseconds < 0 ? "-" : "", std::abs(milliseconds / 1000),
                     std::abs(milliseconds % 1000));
}

class Writer {
 public:
  Writer(NativeHistograms mode, StartTimes start_times, std::string& text,
         std::vector<NativeLine>& natives)
      : mode_(mode), start_times_(start_times), text_(text), natives_(natives) {}

  bool write_family(std::string_view message, std::string& error);

 private:
  bool write_metric(std::string_view message);
  bool read_labels(std::string_view message);
  bool write_value(std::string_view message, uint32_t value_field, uint32_t exemplar_field);
  bool write_summary(std::string_view message);
  bool write_histogram(std::string_view message);
  void write_classic(const Histogram& data);
  void write_native(const Histogram& data);
  void write_line(std::string_view suffix, std::string_view extra_label, double value,
                  std::string_view exemplar = {});
  void write_exemplar(std::string_view message);
  void write_created(std::string_view timestamp);
  static bool read_histogram(std::string_view message, Histogram& out);
  static bool read_native_field(ProtobufReader& field, NativeHistogram& out);
  static bool read_bucket(std::string_view message, Bucket& out);

  const NativeHistograms mode_;
  const StartTimes start_times_;
  std::string& text_;
  std::vector<NativeLine>& natives_;
  std::string name_;    // Escaped.
  std::string labels_;  // Of the metric at hand: ,"a"="b"
  uint64_t type_ = counter;
  std::optional<int64_t> timestamp_ms_;
};

bool Writer::write_family(std::string_view message, std::string& error) {
  std::string_view help;
  std::string_view unit;
  type_ = counter;
  name_.clear();
  std::vector<std::string_view> metrics;
  ProtobufReader field(message);
  while (field.next()) {
    switch (field.field()) {
      case 1:
        name_ = escape(field.bytes());
        break;
      case 2:
        help = field.bytes();
        break;
      case 3:
        type_ = field.number();
        break;
      case 4:
        metrics.push_back(field.bytes());
        break;
      case 5:
        unit = field.bytes();
        break;
      default:
        break;
    }
  }
  if (field.is_broken()) {
    error = "unexpected EOF";
    return false;
  }
  if (type_ > gauge_histogram) {
    error = fmt::format("unknown metric type for metric \"{}\"", name_);
    return false;
  }
  text_ += fmt::format("# TYPE \"{}\" {}\n", name_, type_names[type_]);
  if (!help.empty()) text_ += fmt::format("# HELP \"{}\" {}\n", name_, escape(help));
  if (!unit.empty() && name_.ends_with("_" + std::string(unit))) {
    text_ += fmt::format("# UNIT \"{}\" {}\n", name_, unit);
  }
  for (const std::string_view metric : metrics) {
    if (write_metric(metric)) continue;
    error = "unexpected EOF";
    return false;
  }
  return true;
}

bool Writer::read_labels(std::string_view message) {
  std::string_view name;
  std::string_view value;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) name = field.bytes();
    if (field.field() == 2) value = field.bytes();
  }
  labels_ += fmt::format(",\"{}\"=\"{}\"", escape(name), escape(value));
  return !field.is_broken();
}

bool Writer::write_metric(std::string_view message) {
  // Fields of the kinds of values, by type of the family.
  constexpr uint32_t value_fields[] = {3, 2, 4, 5, 7, 7};
  labels_.clear();
  timestamp_ms_.reset();
  std::string_view value;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1 && !read_labels(field.bytes())) return false;
    if (field.field() == 6 && field.number() != 0) {
      timestamp_ms_ = static_cast<int64_t>(field.number());
    }
    if (field.field() == value_fields[type_]) value = field.bytes();
  }
  if (field.is_broken()) return false;
  switch (type_) {
    case counter:
      return write_value(value, 1, 2);
    case summary:
      return write_summary(value);
    case histogram:
    case gauge_histogram:
      return write_histogram(value);
    default:
      return write_value(value, 1, 0);
  }
}

bool Writer::write_value(std::string_view message, uint32_t value_field, uint32_t exemplar_field) {
  double value = 0;
  std::string_view exemplar;
  std::string_view created;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == value_field) value = field.floating();
    if (field.field() == exemplar_field) exemplar = field.bytes();
    if (field.field() == 3 && type_ == counter) created = field.bytes();
  }
  write_line("", "", value, exemplar);
  write_created(created);
  return !field.is_broken();
}

bool Writer::write_summary(std::string_view message) {
  double count = 0;
  double sum = 0;
  std::string_view created;
  std::vector<std::pair<double, double>> values;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) count = static_cast<double>(field.number());
    if (field.field() == 2) sum = field.floating();
    if (field.field() == 4) created = field.bytes();
    if (field.field() != 3) continue;
    auto& [quantile, value] = values.emplace_back();
    ProtobufReader part(field.bytes());
    while (part.next()) {
      if (part.field() == 1) quantile = part.floating();
      if (part.field() == 2) value = part.floating();
    }
    if (part.is_broken()) return false;
  }
  write_line("_count", "", count);
  write_line("_sum", "", sum);
  for (const auto& [quantile, value] : values) {
    write_line("", ",quantile=\"" + format_bucket_bound(quantile) + '"', value);
  }
  write_created(created);
  return !field.is_broken();
}

bool Writer::read_bucket(std::string_view message, Bucket& out) {
  ProtobufReader field(message);
  while (field.next()) {
    switch (field.field()) {
      case 1:
        out.count = static_cast<double>(field.number());
        break;
      case 2:
        out.upper_bound = field.floating();
        break;
      case 3:
        out.exemplar = field.bytes();
        break;
      case 4:
        if (field.floating() > 0) out.count = field.floating();
        break;
      default:
        break;
    }
  }
  return !field.is_broken();
}

bool Writer::read_native_field(ProtobufReader& field, NativeHistogram& out) {
  const auto read_span = [&field](std::vector<BucketSpan>& spans) {
    BucketSpan& span = spans.emplace_back();
    ProtobufReader part(field.bytes());
    while (part.next()) {
      if (part.field() == 1) span.offset = static_cast<int32_t>(part.zigzag());
      if (part.field() == 2) span.length = static_cast<uint32_t>(part.number());
    }
    return !part.is_broken();
  };
  const auto read_deltas = [&field](std::vector<int64_t>& deltas) {
    if (!field.is_bytes()) {
      deltas.push_back(field.zigzag());
      return true;
    }
    ProtobufReader packed(field.bytes());
    while (!packed.at_end()) deltas.push_back(ProtobufReader::decode_zigzag(packed.varint()));
    return !packed.is_broken();
  };
  const auto read_counts = [&field](std::vector<double>& counts) {
    if (!field.is_bytes()) {
      counts.push_back(field.floating());
      return true;
    }
    ProtobufReader packed(field.bytes());
    while (!packed.at_end()) counts.push_back(std::bit_cast<double>(packed.fixed(8)));
    return !packed.is_broken();
  };
  switch (field.field()) {
    case 5:
      out.schema = static_cast<int32_t>(field.zigzag());
      return true;
    case 6:
      out.zero_threshold = field.floating();
      return true;
    case 7:
      out.zero_count = field.number();
      return true;
    case 8:
      out.zero_count_float = field.floating();
      return true;
    case 9:
      return read_span(out.negative_spans);
    case 10:
      return read_deltas(out.negative_deltas);
    case 11:
      return read_counts(out.negative_counts);
    case 12:
      return read_span(out.positive_spans);
    case 13:
      return read_deltas(out.positive_deltas);
    case 14:
      return read_counts(out.positive_counts);
    default:
      return true;
  }
}

bool Writer::read_histogram(std::string_view message, Histogram& out) {
  NativeHistogram& native = out.native;
  ProtobufReader field(message);
  while (field.next()) {
    switch (field.field()) {
      case 1:
        native.count = field.number();
        break;
      case 2:
        native.sum = field.floating();
        break;
      case 3:
        if (!read_bucket(field.bytes(), out.buckets.emplace_back())) return false;
        break;
      case 4:
        native.count_float = field.floating();
        break;
      case 15:
        out.created = field.bytes();
        break;
      case 16:
        out.exemplars.push_back(field.bytes());
        break;
      default:
        if (!read_native_field(field, native)) return false;
    }
  }
  native.is_float = native.count_float > 0 || native.zero_count_float > 0;
  out.count = native.count_float > 0 ? native.count_float : static_cast<double>(native.count);
  out.sum = native.sum;
  out.is_native = !native.positive_spans.empty() || !native.negative_spans.empty() ||
                  native.zero_threshold > 0 || native.zero_count > 0 || native.zero_count_float > 0;
  if (native.is_float) native.count = native.zero_count = 0;
  // A span of no length only says that the histogram is a native one.
  for (auto* spans : {&native.positive_spans, &native.negative_spans}) {
    if (spans->size() == 1 && spans->front().length == 0) spans->clear();
  }
  return !field.is_broken();
}

bool Writer::write_histogram(std::string_view message) {
  Histogram data;
  if (!read_histogram(message, data)) return false;
  const bool as_native = data.is_native && mode_ != NativeHistograms::ignored;
  if (as_native) {
    if (type_ == gauge_histogram) data.native.reset_hint = NativeHistogram::ResetHint::gauge;
    write_native(data);
  }
  if (!as_native || (mode_ == NativeHistograms::with_classic && !data.buckets.empty())) {
    write_classic(data);
  }
  write_created(data.created);
  return true;
}

void Writer::write_classic(const Histogram& data) {
  write_line("_count", "", data.count);
  write_line("_sum", "", data.sum);
  bool has_infinity = false;
  for (const Bucket& bucket : data.buckets) {
    has_infinity = has_infinity || std::isinf(bucket.upper_bound);
    write_line("_bucket", ",le=\"" + format_bucket_bound(bucket.upper_bound) + '"', bucket.count,
               bucket.exemplar);
  }
  if (!has_infinity) write_line("_bucket", ",le=\"+Inf\"", data.count);
}

void Writer::write_native(const Histogram& data) {
  std::string_view exemplar;
  if (!data.exemplars.empty()) exemplar = data.exemplars.front();
  for (const Bucket& bucket : data.buckets) {
    if (exemplar.empty()) exemplar = bucket.exemplar;
  }
  natives_.push_back({.offset = text_.size(), .histogram = data.native});
  write_line("", "", 0, exemplar);
}

void Writer::write_line(std::string_view suffix, std::string_view extra_label, double value,
                        std::string_view exemplar) {
  text_ += "{\"" + name_;
  text_ += suffix;
  text_ += '"' + labels_;
  text_ += extra_label;
  text_ += "} " + format_float(value);
  if (timestamp_ms_) text_ += ' ' + seconds_text(*timestamp_ms_);
  if (!exemplar.empty()) write_exemplar(exemplar);
  text_ += '\n';
}

void Writer::write_exemplar(std::string_view message) {
  const std::string metric_labels = std::exchange(labels_, {});
  double value = 0;
  std::optional<int64_t> timestamp_ms;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) read_labels(field.bytes());
    if (field.field() == 2) value = field.floating();
    if (field.field() != 3) continue;
    timestamp_ms = 0;
    ProtobufReader part(field.bytes());
    while (part.next()) {
      const auto number = static_cast<int64_t>(part.number());
      if (part.field() == 1) *timestamp_ms += static_cast<int64_t>(part.number() * 1000);
      if (part.field() == 2) *timestamp_ms += number / 1'000'000;
    }
  }
  const std::string labels = std::exchange(labels_, metric_labels);
  text_ += " # {" + (labels.empty() ? labels : labels.substr(1)) + "} " + format_float(value);
  if (timestamp_ms) text_ += ' ' + seconds_text(*timestamp_ms);
}

void Writer::write_created(std::string_view timestamp) {
  if (timestamp.empty() || start_times_ == StartTimes::ignored) return;
  int64_t milliseconds = 0;
  ProtobufReader part(timestamp);
  while (part.next()) {
    if (part.field() == 1) milliseconds += static_cast<int64_t>(part.number() * 1000);
    if (part.field() == 2) milliseconds += static_cast<int64_t>(part.number()) / 1'000'000;
  }
  text_ += "{\"" + name_ + "_created\"" + labels_ + "} " + seconds_text(milliseconds) + '\n';
}

}  // namespace

Result<void> write_as_text(std::string_view body, NativeHistograms mode, std::string& text,
                           std::vector<NativeLine>& natives, StartTimes start_times) {
  Writer writer(mode, start_times, text, natives);
  ProtobufReader stream(body);
  while (!stream.at_end()) {
    const uint64_t size = stream.varint();
    const std::string_view message = stream.take(size);
    std::string error = "unexpected EOF";
    if (stream.is_broken() || !writer.write_family(message, error)) {
      return fail(std::move(error), ErrorKind::invalid);
    }
  }
  text += "# EOF\n";
  return {};
}

}  // namespace alloy::wire
