#include "components/prometheus/exporter_unix/collectors/textfile_families.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/text.h"
#include "components/prometheus/exporter_static/metric_text.h"
#include "signals/number_text.h"
#include "wire/exposition.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Kind kind_of(FamilyType type) {
  switch (type) {
    case FamilyType::counter:
      return Kind::counter;
    case FamilyType::gauge:
      return Kind::gauge;
    case FamilyType::histogram:
      return Kind::histogram;
    case FamilyType::summary:
      return Kind::summary;
    default:
      return Kind::untyped;
  }
}

// HELP escapes only the backslash and the end of the line.
std::string unescape_help(std::string_view text) {
  std::string help;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\\' || text[i + 1] == 'n')) {
      help += text[++i] == 'n' ? '\n' : '\\';
    } else {
      help += text[i];
    }
  }
  return help;
}

class FamilyReader {
 public:
  explicit FamilyReader(std::string_view text) : parser_(text, wire::TextFormat::prometheus) {}

  Result<std::vector<TextFamily>> read() {
    using Entry = wire::ExpositionParser::Entry;
    while (true) {
      switch (parser_.next()) {
        case Entry::end:
          return std::move(families_);
        case Entry::failed:
          return std::unexpected(parser_.error());
        case Entry::type:
          family(parser_.family()).kind = kind_of(parser_.type());
          break;
        case Entry::help:
          family(parser_.family()).help = unescape_help(parser_.text());
          break;
        case Entry::series:
          if (parser_.timestamp_ms()) return fail("contains unsupported client-side timestamps");
          add_series();
          break;
        default:
          break;
      }
    }
  }

 private:
  TextFamily* find(std::string_view name) {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &families_[found->second];
  }
  TextFamily& family(std::string_view name) {
    if (TextFamily* known = find(name)) return *known;
    places_.emplace(name, families_.size());
    families_.push_back({.name = std::string(name)});
    return families_.back();
  }

  // The histogram or summary whose part the series is; null if it is none.
  TextFamily* find_whole(std::string_view name, std::string_view suffix) {
    if (!name.ends_with(suffix)) return nullptr;
    TextFamily* whole = find(name.substr(0, name.size() - suffix.size()));
    if (whole == nullptr) return nullptr;
    if (whole->kind == Kind::histogram) return whole;
    return whole->kind == Kind::summary && suffix != "_bucket" ? whole : nullptr;
  }

  void add_series();
  // Takes the label that tells the parts of a whole apart out of the others.
  std::optional<double> take_bound(LabelText& labels, std::string_view name);
  TextPoint& point(TextFamily& family, LabelText labels);

  wire::ExpositionParser parser_;
  LabelBuilder keeper_;
  std::vector<TextFamily> families_;
  std::map<std::string, size_t, std::less<>> places_;
};

std::optional<double> FamilyReader::take_bound(LabelText& labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &LabelText::value_type::first);
  if (found == labels.end()) return std::nullopt;
  const auto bound = parse_double(found->second);
  labels.erase(found);
  return bound;
}

TextPoint& FamilyReader::point(TextFamily& family, LabelText labels) {
  const auto found = std::ranges::find(family.points, labels, &TextPoint::labels);
  if (found != family.points.end()) return *found;
  family.points.push_back({.labels = std::move(labels)});
  return family.points.back();
}

void FamilyReader::add_series() {
  const std::string_view name = parser_.metric_name();
  LabelText labels;
  for (const wire::RawLabel& label : parser_.raw_labels()) {
    keeper_.reset();
    labels.emplace_back(label.name, wire::unescape(label.value, keeper_));
  }
  std::ranges::sort(labels);
  const double value = parser_.value();
  if (TextFamily* whole = find_whole(name, "_bucket")) {
    if (const auto bound = take_bound(labels, "le")) {
      point(*whole, std::move(labels)).parts[*bound] = value;
    }
  } else if (TextFamily* summed = find_whole(name, "_sum")) {
    point(*summed, std::move(labels)).sum = value;
  } else if (TextFamily* counted = find_whole(name, "_count")) {
    point(*counted, std::move(labels)).count = value;
  } else if (TextFamily& own = family(name); own.kind == Kind::summary) {
    if (const auto quantile = take_bound(labels, "quantile")) {
      point(own, std::move(labels)).parts[*quantile] = value;
    }
  } else if (own.kind != Kind::histogram) {
    own.points.push_back({.labels = std::move(labels), .value = value});
  }
}

// The labels of a point, those included that only others have, and room for one more.
std::vector<Label> labels_of(const TextPoint& point, const std::set<std::string_view>& names) {
  std::vector<Label> labels(point.labels.begin(), point.labels.end());
  for (const std::string_view name : names) {
    if (std::ranges::find(labels, name, &Label::first) == labels.end()) {
      labels.emplace_back(name, "");
    }
  }
  return labels;
}

void add_whole(const TextFamily& family, std::string_view help, const TextPoint& point,
               std::vector<Label> labels, Metrics& out) {
  const bool is_histogram = family.kind == Kind::histogram;
  const std::string part_name = family.name + (is_histogram ? "_bucket" : "");
  const auto last = point.parts.find(infinity);
  const double count = point.count.value_or(last == point.parts.end() ? 0 : last->second);
  const auto add_part = [&](double bound, double value) {
    const std::string text = format_double(bound);
    labels.emplace_back(is_histogram ? "le" : "quantile", text);
    out.add(family.kind, family.name, help, part_name, labels, value);
    labels.pop_back();
  };
  for (const auto& [bound, value] : point.parts) {
    if (!is_histogram || bound != infinity) add_part(bound, value);
  }
  if (is_histogram) add_part(infinity, count);
  out.add(family.kind, family.name, help, family.name + "_sum", labels, point.sum);
  out.add(family.kind, family.name, help, family.name + "_count", labels, count);
}

}  // namespace

Result<std::vector<TextFamily>> parse_text_families(std::string_view text) {
  // What people write may have blanks anywhere; what is read then is what programs write.
  TRY(std::string tidy, exporter_static::tidy_metric_text(text));
  wire::ExpositionParser::with_last_newline(tidy);
  return FamilyReader(tidy).read();
}

void add_text_family(const TextFamily& family, std::string_view help, Metrics& out) {
  std::set<std::string_view> names;
  for (const TextPoint& point : family.points) {
    for (const auto& [name, value] : point.labels) names.insert(name);
  }
  for (const TextPoint& point : family.points) {
    std::vector<Label> labels = labels_of(point, names);
    if (family.kind == Kind::histogram || family.kind == Kind::summary) {
      add_whole(family, help, point, std::move(labels), out);
    } else {
      out.add(family.kind, family.name, help, labels, point.value);
    }
  }
}

}  // namespace alloy::prometheus::exporter_unix
