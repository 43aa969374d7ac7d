// Prometheus text for people.
#include "wire/exposition_writer.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.h"
#include "wire/float_text.h"

namespace alloy::wire {

namespace {

struct Line {
  std::string labels;
  const Sample* sample = nullptr;
  const HistogramSample* histogram = nullptr;
};

struct Family {
  std::string help;
  bool is_histogram = false;
  std::map<std::vector<std::string>, Line> lines;  // By the labels as "name=value".
};

// Names of the old rules, with an underscore for each character that they don't know.
std::string escape_name(std::string_view name, bool with_colon) {
  std::string out;
  while (!name.empty()) {
    const char32_t c = next_code_point(name);
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (with_colon && c == ':');
    const bool is_digit = c >= '0' && c <= '9';
    out += is_letter || (is_digit && !out.empty()) ? static_cast<char>(c) : '_';
  }
  return out;
}

std::string escape(std::string_view text, bool with_quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (c == '"' && with_quotes)) {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

class Writer {
 public:
  Writer(const SeriesStore& store, ExpositionStyle style) : store_(store), style_(style) {}

  Line* add(const Series& series);
  void describe(const SeriesMetadata& known);
  void write(std::string& out) const;
  void mark_histogram(const Series& series) { families_[family_of(series)].is_histogram = true; }

 private:
  std::string family_of(const Series& series) const {
    return std::string(store_.label(series, metric_name_label));
  }
  std::string number(double value) const {
    return style_ == ExpositionStyle::open_metrics ? format_bucket_bound(value)
                                                   : format_float(value);
  }
  void write_line(std::string& out, const std::string& name, const Line& line) const;
  void write_histogram(std::string& out, const std::string& name, const Line& line) const;

  const SeriesStore& store_;
  const ExpositionStyle style_;
  std::map<std::string, Family> families_;
};

Line* Writer::add(const Series& series) {
  const std::string name = family_of(series);
  if (name.empty()) return nullptr;
  std::vector<std::string> key;
  std::string text;
  for (const Label& label : store_.labels_of(series)) {
    if (label.name == metric_name_label) continue;
    key.push_back(std::string(label.name) + "=" + std::string(label.value));
    if (!text.empty()) text += ',';
    text += escape_name(label.name, false) + "=\"" + escape(label.value, true) + '"';
  }
  Line& line = families_[name].lines[std::move(key)];
  line.labels = std::move(text);
  return &line;
}

void Writer::describe(const SeriesMetadata& known) {
  families_[family_of(*known.series)].help = known.metadata.help;
}

void Writer::write_line(std::string& out, const std::string& name, const Line& line) const {
  out += name;
  if (!line.labels.empty()) out += '{' + line.labels + '}';
  out += ' ' + number(line.sample->value);
  if (const int64_t time = line.sample->timestamp_ms; time > 0) {
    out += ' ';
    out += style_ == ExpositionStyle::open_metrics ? number(static_cast<double>(time) / 1000)
                                                   : std::to_string(time);
  }
  out += '\n';
}

void Writer::write_histogram(std::string& out, const std::string& name, const Line& line) const {
  const NativeHistogram& histogram = *line.histogram->histogram;
  const double count =
      histogram.is_float ? histogram.count_float : static_cast<double>(histogram.count);
  const std::string comma = line.labels.empty() ? "" : ",";
  const std::string braces = line.labels.empty() ? "" : '{' + line.labels + '}';
  out += name + "_bucket{" + line.labels + comma + "le=\"+Inf\"} " + format_float(count) + '\n';
  out += name + "_sum" + braces + ' ' + number(histogram.sum) + '\n';
  out += name + "_count" + braces + ' ' + format_float(count) + '\n';
}

void Writer::write(std::string& out) const {
  for (const auto& [family_name, family] : families_) {
    if (family.lines.empty()) continue;
    const std::string name = escape_name(family_name, true);
    const bool is_open_metrics = style_ == ExpositionStyle::open_metrics;
    if (!family.help.empty()) {
      out += "# HELP " + name + ' ' + escape(family.help, is_open_metrics) + '\n';
    }
    out += "# TYPE " + name +
           (family.is_histogram ? " histogram" : (is_open_metrics ? " unknown" : " untyped")) +
           '\n';
    for (const auto& [key, line] : family.lines) {
      line.histogram != nullptr ? write_histogram(out, name, line) : write_line(out, name, line);
    }
  }
}

}  // namespace

void write_exposition(std::string& out, const MetricBatch& batch, const SeriesStore& store,
                      ExpositionStyle style) {
  Writer writer(store, style);
  for (const SeriesMetadata& metadata : batch.metadata) writer.describe(metadata);
  for (const Sample& sample : batch.samples) {
    if (Line* line = writer.add(*sample.series)) line->sample = &sample;
  }
  for (const HistogramSample& sample : batch.histograms) {
    Line* line = writer.add(*sample.series);
    if (line == nullptr) continue;
    line->histogram = &sample;
    writer.mark_histogram(*sample.series);
  }
  writer.write(out);
}

}  // namespace alloy::wire
