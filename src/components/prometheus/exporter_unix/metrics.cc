#include "components/prometheus/exporter_unix/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr size_t conflicts_kept_max = 10;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::untyped:
      return "untyped";
    case Kind::histogram:
      return "histogram";
    case Kind::summary:
      return "summary";
  }
  return "untyped";
}

// Escapes what stands in quotes; what is not UTF-8 becomes U+FFFD.
void append_label_value(std::string& out, std::string_view value) {
  std::string valid;
  if (!is_utf8(value)) {
    for (std::string_view rest = value; !rest.empty();) append_utf8(valid, next_code_point(rest));
    value = valid;
  }
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

void append_help(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// Most values are whole numbers, which are quicker to write than to find the shortest form of.
void append_value(std::string& out, double value) {
  constexpr double exact_max = 1e15;
  if (std::fabs(value) < exact_max && value == std::trunc(value)) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<int64_t>(value)).ptr;
    out.append(buffer, end);
    return;
  }
  out += format_double(value);
}

}  // namespace

void Metrics::add(Kind kind, std::string_view family, std::string_view help,
                  std::string_view sample, Labels labels, double value) {
  auto place = places_.find(family);
  if (place == places_.end()) {
    place = places_.emplace(family, families_.size()).first;
    families_.push_back({std::string(family), std::string(help), kind, {}});
  }
  Family& known = families_[place->second];
  if (known.kind != kind) {
    return conflict(fmt::format("collected metric {} should be a {}, but it is a {}", family,
                                name_of(known.kind), name_of(kind)));
  }
  if (known.help != help) {
    return conflict(fmt::format("collected metric {} has help {} but should have {}", family,
                                quote(help), quote(known.help)));
  }
  const size_t start = series_.size();
  series_ += sample;
  if (!labels.empty()) {
    // The same series has to be the same text, in whatever order its labels were named.
    std::array<uint8_t, 64> order{};
    const size_t count = std::min(labels.size(), order.size());
    for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint8_t>(i);
    std::sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count),
              [&](uint8_t a, uint8_t b) { return labels[a].first < labels[b].first; });
    for (size_t i = 0; i < count; ++i) {
      series_ += i == 0 ? '{' : ',';
      series_ += labels[order[i]].first;
      series_ += "=\"";
      append_label_value(series_, labels[order[i]].second);
      series_ += '"';
    }
    series_ += '}';
  }
  known.lines.push_back(
      {static_cast<uint32_t>(start), static_cast<uint32_t>(series_.size() - start), value});
}

void Metrics::conflict(std::string message) {
  ++conflict_count_;
  if (conflicts_.size() < conflicts_kept_max) conflicts_.push_back(std::move(message));
}

void Metrics::write_family(Family& family, std::string& out) {
  if (family.lines.empty()) return;
  if (!family.help.empty()) {
    out += "# HELP ";
    out += family.name;
    out += ' ';
    append_help(out, family.help);
    out += '\n';
  }
  out += "# TYPE ";
  out += family.name;
  out += ' ';
  out += name_of(family.kind);
  out += '\n';
  // The buckets of a histogram stay in their order; they were checked where they were read.
  if (family.kind < Kind::histogram) {
    std::ranges::sort(family.lines, [&](const Line& a, const Line& b) {
      const int order = series(a).compare(series(b));
      return order < 0 || (order == 0 && a.start < b.start);  // The first of equal ones stays.
    });
  }
  std::string_view last;
  for (const Line& line : family.lines) {
    if (series(line) == last) {
      conflict(
          fmt::format("collected metric {} was collected before with the same name and "
                      "label values",
                      last));
      continue;
    }
    last = series(line);
    out += last;
    out += ' ';
    append_value(out, line.value);
    out += '\n';
  }
}

std::string Metrics::write() {
  std::string out;
  out.reserve(series_.size() * 2);
  std::vector<size_t> order(families_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order,
                    [&](size_t a, size_t b) { return families_[a].name < families_[b].name; });
  for (const size_t index : order) write_family(families_[index], out);
  return out;
}

}  // namespace alloy::prometheus::exporter_unix
