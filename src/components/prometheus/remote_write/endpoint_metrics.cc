#include "components/prometheus/remote_write/endpoint_metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace alloy::prometheus::remote_write {
namespace {

constexpr std::string_view prefix = "prometheus_remote_storage_";
constexpr std::string_view kinds[] = {"samples", "exemplars", "histograms"};

std::string dropped_help(std::string_view kind) {
  return fmt::format("The {} that were not sent on purpose or could not be kept, by reason.", kind);
}

}  // namespace

EndpointMetrics::EndpointMetrics(MetricRegistry& registry, std::string name, std::string url,
                                 EndpointReadings readings)
    : registry_(registry), name_(std::move(name)), url_(std::move(url)) {
  sent_ = make_counters("total", "that the endpoint has accepted");
  failed_ = make_counters("failed_total", "that the endpoint refused for good");
  retried_ = make_counters("retried_total", "that were sent again after a failure that may pass");
  const auto counter = [&](std::string_view suffix, std::string_view help) {
    const std::string full = fmt::format("{}{}", prefix, suffix);
    registered_.emplace_back(full, labels());
    return &registry_.counter(full, help, labels());
  };
  bytes_ = counter("bytes_total", "The bytes of samples sent, after compression.");
  counter("metadata_total", "The metadata records sent.");
  counter("metadata_failed_total", "The metadata records that the endpoint refused for good.");
  counter("metadata_retried_total", "The metadata records that were sent again.");
  counter("metadata_bytes_total", "The bytes of metadata sent, after compression.");
  counter("enqueue_retries_total", "How often a full shard made the queue wait.");
  std::vector<double> bounds = default_buckets();
  bounds.insert(bounds.end(), {25, 60, 120, 300});
  const std::string duration = fmt::format("{}sent_batch_duration_seconds", prefix);
  registered_.emplace_back(duration, labels());
  duration_ = &registry_.histogram(duration, "How long sending one request took.",
                                   std::move(bounds), labels());
  const std::string newest = fmt::format("{}queue_highest_sent_timestamp_seconds", prefix);
  registered_.emplace_back(newest, labels());
  newest_sent_ =
      &registry_.gauge(newest, "The newest timestamp that the endpoint has accepted.", labels());
  make_functions(readings);
}

EndpointMetrics::~EndpointMetrics() {
  for (const auto& [name, labels] : registered_) registry_.remove(name, labels);
}

MetricLabels EndpointMetrics::labels(std::string_view reason) const {
  MetricLabels result;
  if (!reason.empty()) result.emplace_back("reason", reason);
  result.emplace_back("remote_name", name_);
  result.emplace_back("url", url_);
  return result;
}

EndpointMetrics::PerKind EndpointMetrics::make_counters(std::string_view suffix,
                                                        std::string_view what) {
  PerKind result;
  for (size_t i = 0; i < result.size(); ++i) {
    const std::string full = fmt::format("{}{}_{}", prefix, kinds[i], suffix);
    registered_.emplace_back(full, labels());
    result[i] = &registry_.counter(full, fmt::format("The {} {}.", kinds[i], what), labels());
  }
  return result;
}

void EndpointMetrics::function(std::string_view name, std::string_view help, MetricType type,
                               std::function<double()> read) {
  const std::string full = fmt::format("{}{}", prefix, name);
  registered_.emplace_back(full, labels());
  registry_.function(full, help, type, std::move(read), labels());
}

void EndpointMetrics::make_functions(const EndpointReadings& readings) {
  for (size_t i = 0; i < std::size(kinds); ++i) {
    function(fmt::format("{}_pending", kinds[i]),
             fmt::format("The {} that wait in the queue or are on their way.", kinds[i]),
             MetricType::gauge,
             [read = readings.pending, i] { return static_cast<double>(read()[i]); });
  }
  collect_drops(readings);
  const auto gauge = [&](std::string_view name, std::string_view help,
                         const std::function<double()>& read) {
    function(name, help, MetricType::gauge, read);
  };
  gauge("queue_highest_timestamp_seconds", "The newest timestamp that came into the queue.",
        readings.newest_timestamp_seconds);
  gauge("shards", "How many requests may be on their way side by side.", readings.shards);
  gauge("shards_desired", "How many it would take to keep up.", readings.shards_desired);
  gauge("shards_max", "How many there may be at most.", readings.shards_max);
  gauge("shards_min", "How many there are at least.", readings.shards_min);
  gauge("shard_capacity", "The configured capacity of a shard.", readings.shard_capacity);
  gauge("max_samples_per_send", "How many samples a request has at most.", readings.samples_max);
}

// Series of the counters of drops appear when there is something to count, as in the real program.
void EndpointMetrics::collect_drops(const EndpointReadings& readings) {
  registry_.collector(
      [alive = std::weak_ptr(alive_), base = labels(), readings](MetricFamilies& families) {
        if (alive.expired()) return;
        const auto add = [&](std::string_view kind, std::string_view reason, double value) {
          if (value == 0) return;
          MetricFamily& family = families[fmt::format("{}{}_dropped_total", prefix, kind)];
          family.name = fmt::format("{}{}_dropped_total", prefix, kind);
          family.help = dropped_help(kind);
          family.type = MetricType::counter;
          MetricLabels own = base;
          own.emplace_back("reason", reason);
          std::ranges::sort(own);
          family.samples.push_back({family.name, std::move(own), value});
        };
        const auto add_all = [&](std::string_view reason, const queue::Counts& counts) {
          for (size_t i = 0; i < std::size(kinds); ++i) {
            add(kinds[i], reason, static_cast<double>(counts[i]));
          }
        };
        add_all("dropped_series", readings.dropped_by_relabelling());
        add_all("invalid_tenant", readings.dropped_by_tenant());
        add("histograms", "nhcb_in_rw1_not_supported", readings.custom_bucket_histograms());
      });
}

void EndpointMetrics::add(const PerKind& counters, const queue::Counts& counts) {
  for (size_t i = 0; i < counters.size(); ++i) {
    if (counts[i] != 0) counters[i]->add(static_cast<double>(counts[i]));
  }
}

void EndpointMetrics::add_sent(const queue::Counts& counts, size_t bytes, int64_t time_max_ms) {
  add(sent_, counts);
  bytes_->add(static_cast<double>(bytes));
  newest_sent_->set(std::max(newest_sent_->value(), static_cast<double>(time_max_ms) / 1000));
}

void EndpointMetrics::add_dropped(std::string_view reason, const queue::Counts& counts) {
  for (size_t i = 0; i < std::size(kinds); ++i) {
    if (counts[i] == 0) continue;
    const std::string full = fmt::format("{}{}_dropped_total", prefix, kinds[i]);
    const auto known = std::pair(full, labels(reason));
    if (std::ranges::find(registered_, known) == registered_.end()) registered_.push_back(known);
    registry_.counter(full, dropped_help(kinds[i]), labels(reason))
        .add(static_cast<double>(counts[i]));
  }
}

queue::Counts EndpointMetrics::sent() const {
  queue::Counts counts = {};
  for (size_t i = 0; i < sent_.size(); ++i) counts[i] = static_cast<uint64_t>(sent_[i]->value());
  return counts;
}

}  // namespace alloy::prometheus::remote_write
