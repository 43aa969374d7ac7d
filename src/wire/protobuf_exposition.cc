// MetricFamily messages as OpenMetrics text.
#include "wire/protobuf_exposition.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "wire/float_text.h"
#include "wire/protobuf_histogram.h"
#include "wire/protobuf_reader.h"

namespace alloy::wire {

namespace {

// Of MetricType in metrics.proto.
constexpr std::string_view type_names[] = {"counter", "gauge",     "summary",
                                           "unknown", "histogram", "gaugehistogram"};
enum Type : uint64_t { counter, gauge, summary, untyped, histogram, gauge_histogram };

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

size_t length_of_varint(uint64_t value) {
  size_t length = 1;
  for (; value >= 0x80; value >>= 7) ++length;
  return length;
}

// In milliseconds.
int64_t read_timestamp(std::string_view message) {
  uint64_t milliseconds = 0;
  ProtobufReader part(message);
  while (part.next()) {
    if (part.field() == 1) milliseconds += part.number() * 1000;
    if (part.field() == 2) {
      milliseconds += static_cast<uint64_t>(static_cast<int32_t>(part.number()) / 1'000'000);
    }
  }
  return static_cast<int64_t>(milliseconds);
}

class Writer {
 public:
  Writer(NativeHistograms mode, StartTimes start_times, std::string& text,
         std::vector<NativeLine>& natives)
      : mode_(mode), start_times_(start_times), text_(text), natives_(natives) {}

  bool write_family(std::string_view message, std::string& error);

 private:
  bool write_metric(std::string_view message, std::string& error);
  bool read_labels(std::string_view message, std::string& error);
  bool write_value(std::string_view message, uint32_t value_field, uint32_t exemplar_field);
  bool write_summary(std::string_view message);
  bool write_histogram(std::string_view message, std::string& error);
  void write_classic(const MessageHistogram& data);
  void write_native(const MessageHistogram& data);
  void write_line(std::string_view suffix, std::string_view extra_label, double value,
                  std::string_view exemplar = {});
  void write_exemplar(std::string_view message);
  static RawExemplar read_exemplar(std::string_view message);
  void write_created(std::string_view timestamp);
  bool check_spans(const NativeHistogram& native, std::string& error) const;

  const NativeHistograms mode_;
  const StartTimes start_times_;
  std::string& text_;
  std::vector<NativeLine>& natives_;
  std::string_view raw_name_;
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
  raw_name_ = {};
  std::vector<std::string_view> metrics;
  ProtobufReader field(message);
  while (field.next()) {
    switch (field.field()) {
      case 1:
        raw_name_ = field.bytes();
        name_ = escape(raw_name_);
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
  if (metrics.empty()) return true;
  if (raw_name_.empty() || !is_utf8(raw_name_)) {
    error = fmt::format("invalid metric name: {}", raw_name_);
    return false;
  }
  if (!is_utf8(help)) {
    error = fmt::format("invalid help for metric {}: {}", quote(raw_name_), help);
    return false;
  }
  if (type_ > gauge_histogram) {
    error = fmt::format("unknown metric type for metric {}: {}", quote(raw_name_),
                        static_cast<int32_t>(type_));
    return false;
  }
  text_ += fmt::format("# TYPE \"{}\" {}\n", name_, type_names[type_]);
  if (!help.empty()) text_ += fmt::format("# HELP \"{}\" {}\n", name_, escape(help));
  if (!unit.empty()) text_ += fmt::format("# UNIT \"{}\" {}\n", name_, unit);
  return std::ranges::all_of(metrics,
                             [&](std::string_view metric) { return write_metric(metric, error); });
}

bool Writer::read_labels(std::string_view message, std::string& error) {
  std::string_view name;
  std::string_view value;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) name = field.bytes();
    if (field.field() == 2) value = field.bytes();
  }
  labels_ += fmt::format(",\"{}\"=\"{}\"", escape(name), escape(value));
  if (field.is_broken()) return false;
  if (!is_utf8(name)) return error = fmt::format("invalid label name: {}", name), false;
  if (!is_utf8(value)) return error = fmt::format("invalid label value: {}", value), false;
  return true;
}

bool Writer::write_metric(std::string_view message, std::string& error) {
  error = "unexpected EOF";
  // Fields of the kinds of values, by type of the family.
  constexpr uint32_t value_fields[] = {3, 2, 4, 5, 7, 7};
  labels_.clear();
  timestamp_ms_.reset();
  std::string_view value;
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1 && !read_labels(field.bytes(), error)) return false;
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
      return write_histogram(value, error);
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

bool Writer::check_spans(const NativeHistogram& native, std::string& error) const {
  const auto fits = [&](std::string_view side, const std::vector<BucketSpan>& spans,
                        size_t buckets) {
    if (spans_fit(spans, buckets)) return true;
    uint64_t promised = 0;
    for (const BucketSpan& span : spans) promised += span.length;
    error = fmt::format("histogram {}: {} side: spans require {} buckets, have {}",
                        quote(raw_name_), side, promised, buckets);
    return false;
  };
  const bool is_float = native.is_float;
  return fits("positive", native.positive_spans,
              is_float ? native.positive_counts.size() : native.positive_deltas.size()) &&
         fits("negative", native.negative_spans,
              is_float ? native.negative_counts.size() : native.negative_deltas.size());
}

bool Writer::write_histogram(std::string_view message, std::string& error) {
  MessageHistogram data;
  if (!read_histogram(message, data)) return false;
  const bool as_native = data.is_native && mode_ != NativeHistograms::ignored;
  if (as_native) {
    if (!check_spans(data.native, error)) return false;
    data.native.compact();
    if (type_ == gauge_histogram) data.native.reset_hint = NativeHistogram::ResetHint::gauge;
    write_native(data);
  }
  if (!as_native || (mode_ == NativeHistograms::with_classic && !data.buckets.empty())) {
    write_classic(data);
  }
  write_created(data.created);
  return true;
}

void Writer::write_classic(const MessageHistogram& data) {
  write_line("_count", "", data.count);
  write_line("_sum", "", data.sum);
  bool has_infinity = false;
  for (const MessageHistogram::Bucket& bucket : data.buckets) {
    write_line("_bucket", ",le=\"" + format_bucket_bound(bucket.upper_bound) + '"', bucket.count,
               bucket.exemplar);
    has_infinity = std::isinf(bucket.upper_bound) && bucket.upper_bound > 0;
    if (has_infinity) break;
  }
  if (!has_infinity) write_line("_bucket", ",le=\"+Inf\"", data.count);
}

void Writer::write_native(const MessageHistogram& data) {
  NativeLine& line = natives_.emplace_back(
      NativeLine{.offset = text_.size(), .histogram = data.native, .exemplars = {}});
  for (const std::string_view message : data.exemplars) {
    line.exemplars.push_back(read_exemplar(message));
  }
  if (data.exemplars.empty()) {
    for (const MessageHistogram::Bucket& bucket : data.buckets) {
      if (!bucket.exemplar.empty()) line.exemplars.push_back(read_exemplar(bucket.exemplar));
    }
  }
  write_line("", "", 0);
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

RawExemplar Writer::read_exemplar(std::string_view message) {
  RawExemplar exemplar{.labels = {}, .timestamp_ms = std::nullopt, .is_escaped = false};
  ProtobufReader field(message);
  while (field.next()) {
    if (field.field() == 1) {
      RawLabel& label = exemplar.labels.emplace_back();
      ProtobufReader part(field.bytes());
      while (part.next()) {
        if (part.field() == 1) label.name = part.bytes();
        if (part.field() == 2) label.value = part.bytes();
      }
    }
    if (field.field() == 2) exemplar.value = field.floating();
    if (field.field() == 3) exemplar.timestamp_ms = read_timestamp(field.bytes());
  }
  return exemplar;
}

void Writer::write_exemplar(std::string_view message) {
  const RawExemplar exemplar = read_exemplar(message);
  text_ += " # {";
  for (size_t i = 0; i < exemplar.labels.size(); ++i) {
    const RawLabel& label = exemplar.labels[i];
    text_ +=
        fmt::format("{}\"{}\"=\"{}\"", i > 0 ? "," : "", escape(label.name), escape(label.value));
  }
  text_ += "} " + format_float(exemplar.value);
  if (exemplar.timestamp_ms) text_ += ' ' + seconds_text(*exemplar.timestamp_ms);
}

void Writer::write_created(std::string_view timestamp) {
  if (timestamp.empty() || start_times_ == StartTimes::ignored) return;
  text_ += "{\"" + name_ + "_created\"" + labels_ + "} " + seconds_text(read_timestamp(timestamp)) +
           '\n';
}

}  // namespace

Result<void> write_as_text(std::string_view body, NativeHistograms mode, std::string& text,
                           std::vector<NativeLine>& natives, StartTimes start_times) {
  Writer writer(mode, start_times, text, natives);
  ProtobufReader stream(body);
  size_t left = body.size();
  std::string error;
  while (!stream.at_end()) {
    const uint64_t size = stream.varint();
    const std::string_view message = stream.take(size);
    if (stream.is_broken()) {
      error = fmt::format(
          "clientpb: insufficient length of buffer, expected at least {} bytes, "
          "got {} bytes",
          length_of_varint(size) + size, left);
      break;
    }
    left -= length_of_varint(size) + size;
    if (!writer.write_family(message, error)) break;
    error.clear();
  }
  text += "# EOF\n";
  if (!error.empty()) return fail(std::move(error), ErrorKind::invalid);
  return {};
}

}  // namespace alloy::wire
