#include "base/metrics.h"

#include <algorithm>
#include <compare>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace alloy {
namespace {

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
  }
  return "untyped";
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
}

// Objects that many hold and nobody changes, one for each value. What nobody holds any more goes
// when the table has doubled.
template <class T>
class Shared {
 public:
  std::shared_ptr<const T> get(const T& value) {
    const std::lock_guard lock(mutex_);
    auto& held = known_[value];
    auto found = held.lock();
    if (found == nullptr) held = found = std::make_shared<const T>(value);
    if (known_.size() > size_checked_) {
      std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
      size_checked_ = 2 * known_.size() + 64;
    }
    return found;
  }

 private:
  std::mutex mutex_;  // Guards everything below.
  std::map<T, std::weak_ptr<const T>> known_;
  size_t size_checked_ = 64;
};

struct Description {
  std::string name;
  std::string help;
  MetricType type;
  auto operator<=>(const Description&) const = default;
};

// Never destroyed: registries of static objects may be the last to go.
template <class T>
Shared<T>& shared() {
  static auto& table = *new Shared<T>();
  return table;
}

void append_head(std::string& out, std::string_view name, std::string_view help, MetricType type) {
  out += fmt::format("# HELP {} ", name);  // Also an empty one, as Prometheus' libraries do.
  append_escaped(out, help, false);
  out += '\n';
  out += fmt::format("# TYPE {} {}\n", name, type_name(type));
}

void append_label(std::string& out, char separator, std::string_view name, std::string_view value) {
  out += separator;
  out += name;
  out += "=\"";
  append_escaped(out, value, true);
  out += '"';
}

constexpr size_t piece_size_min = 1 << 10;
constexpr size_t piece_size_max = 64 << 10;

}  // namespace

Histogram::Histogram(const std::vector<double>& bounds)
    : bounds_(shared<std::vector<double>>().get(bounds)) {}

Histogram::~Histogram() { delete[] counts_.load(); }

void Histogram::observe(double value) {
  auto* counts = counts_.load(std::memory_order_acquire);
  if (counts == nullptr) {
    auto fresh = std::make_unique<Counts>(bounds_->size() + 1);
    if (counts_.compare_exchange_strong(counts, fresh.get())) counts = fresh.release();
  }
  const auto at = std::lower_bound(bounds_->begin(), bounds_->end(), value) - bounds_->begin();
  counts[at].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<double> default_buckets() { return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}; }

void MetricSink::add(const MetricFamilies& families, std::span<const MetricLabel> constant) {
  for (const auto& [name, family] : families) {
    for (const MetricSample& sample : family.samples) {
      add({.name = name,
           .help = family.help,
           .type = family.type,
           .suffix =
               std::string_view(sample.name).substr(std::min(name.size(), sample.name.size())),
           .constant = constant,
           .own = sample.labels,
           .value = sample.value});
    }
  }
}

void MetricFamiliesSink::add(const MetricView& metric) {
  auto found = families_.find(metric.name);
  if (found == families_.end()) {
    std::string name(metric.name);
    MetricFamily family{name, std::string(metric.help), metric.type, {}};
    found = families_.emplace(std::move(name), std::move(family)).first;
  }
  MetricSample sample{fmt::format("{}{}", metric.name, metric.suffix),
                      MetricLabels(metric.constant.begin(), metric.constant.end()), metric.value};
  sample.labels.insert(sample.labels.end(), metric.own.begin(), metric.own.end());
  std::sort(sample.labels.begin(), sample.labels.end());
  if (!metric.bound.empty()) sample.labels.emplace_back("le", metric.bound);
  found->second.samples.push_back(std::move(sample));
}

void ExpositionSink::add(const MetricView& metric) {
  auto found = families_.find(metric.name);
  if (found == families_.end()) {
    Family family{metric.type, std::string(metric.help), {}};
    found = families_.emplace(metric.name, std::move(family)).first;
  }
  labels_.clear();
  for (const MetricLabel& label : metric.constant) labels_.push_back(&label);
  for (const MetricLabel& label : metric.own) labels_.push_back(&label);
  std::ranges::sort(labels_, {}, [](const MetricLabel* label) -> auto& { return *label; });
  line_.clear();
  line_ += metric.name;
  line_ += metric.suffix;
  char separator = '{';
  for (const MetricLabel* label : labels_)
    append_label(line_, std::exchange(separator, ','), label->first, label->second);
  if (!metric.bound.empty()) append_label(line_, std::exchange(separator, ','), "le", metric.bound);
  if (separator == ',') line_ += '}';
  line_ += ' ';
  line_ += format_double(metric.value);
  line_ += '\n';
  auto& pieces = found->second.pieces;
  if (pieces.empty() || pieces.back().capacity() - pieces.back().size() < line_.size()) {
    const size_t before = pieces.empty() ? 0 : pieces.back().capacity();
    pieces.emplace_back().reserve(
        std::max(line_.size(), std::clamp(2 * before, piece_size_min, piece_size_max)));
  }
  pieces.back() += line_;
}

std::vector<std::string> ExpositionSink::take() {
  std::vector<std::string> all;
  for (auto& [name, family] : families_) {
    append_head(all.emplace_back(), name, family.help, family.type);
    for (std::string& piece : family.pieces) all.push_back(std::move(piece));
  }
  families_.clear();
  return all;
}

// A metric of a registry. There are ten and more for each component: they share what they can.
struct MetricRegistry::Series {
  Series(std::shared_ptr<const Description> d, MetricLabels l)
      : description(std::move(d)),
        labels(l.empty() ? nullptr : std::make_unique<const MetricLabels>(std::move(l))) {}
  virtual ~Series() = default;
  virtual void collect(const MetricRegistry& registry, MetricView view, MetricSink& out) const = 0;

  std::span<const MetricLabel> own() const {
    return labels ? std::span<const MetricLabel>(*labels) : std::span<const MetricLabel>();
  }
  bool is_before(std::string_view name, std::span<const MetricLabel> other) const {
    if (description->name != name) return description->name < name;
    return std::ranges::lexicographical_compare(own(), other);
  }
  bool is(std::string_view name, std::span<const MetricLabel> other) const {
    return description->name == name && std::ranges::equal(own(), other);
  }

  std::shared_ptr<const Description> description;
  std::unique_ptr<const MetricLabels> labels;  // Null: none.
};

template <class Instrument>
struct MetricRegistry::SeriesOf final : Series {
  template <class... Arguments>
  SeriesOf(std::shared_ptr<const Description> d, MetricLabels l, Arguments&&... arguments)
      : Series(std::move(d), std::move(l)), instrument(std::forward<Arguments>(arguments)...) {}

  void collect(const MetricRegistry& registry, MetricView view, MetricSink& out) const override {
    if constexpr (std::is_same_v<Instrument, Histogram>) {
      registry.collect_histogram(instrument, view, out);
    } else {
      if constexpr (std::is_same_v<Instrument, std::function<double()>>)
        view.value = instrument();
      else
        view.value = instrument.value();
      out.add(view);
    }
  }

  Instrument instrument;
};

MetricRegistry::MetricRegistry(MetricLabels constant_labels)
    : constant_labels_(std::move(constant_labels)) {}

MetricRegistry::~MetricRegistry() = default;

// Where the series is, or where it belongs.
MetricRegistry::SeriesList::iterator MetricRegistry::find(std::string_view name,
                                                          const MetricLabels& labels) {
  return std::ranges::partition_point(
      series_, [&](const auto& series) { return series->is_before(name, labels); });
}

template <class Instrument, class... Arguments>
Instrument& MetricRegistry::find_or_add(std::string_view name, std::string_view help,
                                        MetricType type, MetricLabels labels,
                                        Arguments&&... arguments) {
  std::sort(labels.begin(), labels.end());
  std::lock_guard lock(mutex_);
  auto at = find(name, labels);
  if (at == series_.end() || !(*at)->is(name, labels)) {
    // A neighbour of the same family has its description.
    std::shared_ptr<const Description> description;
    if (at != series_.end() && (*at)->description->name == name)
      description = (*at)->description;
    else if (at != series_.begin() && (*std::prev(at))->description->name == name)
      description = (*std::prev(at))->description;
    else
      description = shared<Description>().get({std::string(name), std::string(help), type});
    ASSERT(description->type == type);
    at = series_.insert(
        at, std::make_unique<SeriesOf<Instrument>>(std::move(description), std::move(labels),
                                                   std::forward<Arguments>(arguments)...));
  }
  auto* series = dynamic_cast<SeriesOf<Instrument>*>(at->get());
  ASSERT(series != nullptr);
  return series->instrument;
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help,
                                 MetricLabels labels) {
  return find_or_add<Counter>(name, help, MetricType::counter, std::move(labels));
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
  return find_or_add<Gauge>(name, help, MetricType::gauge, std::move(labels));
}

Histogram& MetricRegistry::histogram(std::string_view name, std::string_view help,
                                     const std::vector<double>& bounds, MetricLabels labels) {
  return find_or_add<Histogram>(name, help, MetricType::histogram, std::move(labels), bounds);
}

void MetricRegistry::function(std::string_view name, std::string_view help, MetricType type,
                              std::function<double()> read, MetricLabels labels) {
  find_or_add<std::function<double()>>(name, help, type, std::move(labels), std::move(read));
}

void MetricRegistry::collector(std::function<void(MetricFamilies&)> collect) {
  std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collect));
}

void MetricRegistry::remove(std::string_view name, const MetricLabels& labels) {
  MetricLabels sorted = labels;
  std::sort(sorted.begin(), sorted.end());
  std::lock_guard lock(mutex_);
  const auto at = find(name, sorted);
  if (at != series_.end() && (*at)->is(name, sorted)) series_.erase(at);
}

void MetricRegistry::collect_histogram(const Histogram& histogram, MetricView view,
                                       MetricSink& out) const {
  const auto& bounds = *histogram.bounds_;
  const auto* counts = histogram.counts();
  double count = 0;
  view.suffix = "_bucket";
  for (size_t i = 0; i <= bounds.size(); ++i) {
    if (counts) count += static_cast<double>(counts[i].load(std::memory_order_relaxed));
    const std::string bound = i < bounds.size() ? format_double(bounds[i]) : "+Inf";
    view.bound = bound;
    view.value = count;
    out.add(view);
  }
  view.bound = {};
  view.suffix = "_sum";
  view.value = histogram.sum_.load(std::memory_order_relaxed);
  out.add(view);
  view.suffix = "_count";
  view.value = count;
  out.add(view);
}

void MetricRegistry::collect(MetricSink& out) const {
  std::lock_guard lock(mutex_);
  for (const auto& series : series_) {
    series->collect(*this,
                    {.name = series->description->name,
                     .help = series->description->help,
                     .type = series->description->type,
                     .constant = constant_labels_,
                     .own = series->own()},
                    out);
  }
  for (const auto& collect_more : collectors_) {
    MetricFamilies more;
    collect_more(more);
    out.add(more, constant_labels_);
  }
}

void MetricRegistry::collect(MetricFamilies& out) const {
  MetricFamiliesSink sink(out);
  collect(sink);
}

std::string write_exposition(const MetricFamilies& families) {
  std::string out;
  for (const auto& [name, family] : families) {
    append_head(out, name, family.help, family.type);
    for (const auto& sample : family.samples) {
      out += sample.name;
      char separator = '{';
      for (const auto& [key, value] : sample.labels)
        append_label(out, std::exchange(separator, ','), key, value);
      if (!sample.labels.empty()) out += '}';
      out += ' ';
      out += format_double(sample.value);
      out += '\n';
    }
  }
  return out;
}

}  // namespace alloy
