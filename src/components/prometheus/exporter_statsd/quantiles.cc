#include "components/prometheus/exporter_statsd/quantiles.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace alloy::prometheus::exporter_statsd {

QuantileStream::QuantileStream(Objectives objectives, size_t buffer_max)
    : objectives_(std::move(objectives)), buffer_max_(std::max<size_t>(buffer_max, 1)) {}

void QuantileStream::insert(double value) {
  is_buffer_sorted_ = is_buffer_sorted_ && (buffer_.empty() || buffer_.back() <= value);
  buffer_.push_back(value);
  if (buffer_.size() >= buffer_max_) flush();
}

void QuantileStream::clear() {
  buffer_.clear();
  is_buffer_sorted_ = true;
  samples_.clear();
  count_ = 0;
}

double QuantileStream::tolerance(double rank) const {
  double least = std::numeric_limits<double>::max();
  for (const auto& [quantile, error] : objectives_) {
    const double at = quantile * count_;
    const double here =
        at <= rank ? 2 * error * rank / quantile : 2 * error * (count_ - rank) / (1 - quantile);
    least = std::min(least, here);
  }
  return least;
}

void QuantileStream::flush() {
  if (!is_buffer_sorted_) std::ranges::sort(buffer_);
  is_buffer_sorted_ = true;
  std::vector<Sample> merged;
  merged.reserve(samples_.size() + buffer_.size());
  double rank = 0;
  size_t next = 0;
  for (const double value : buffer_) {
    for (; next < samples_.size() && samples_[next].value <= value; ++next) {
      rank += samples_[next].width;
      merged.push_back(samples_[next]);
    }
    // The lowest and the highest are known exactly.
    const bool is_edge = next == samples_.size();
    const double delta = is_edge ? 0 : std::max(0.0, std::floor(tolerance(rank)) - 1);
    merged.push_back({value, 1, delta});
    rank += 1;
    count_ += 1;
  }
  merged.insert(merged.end(), samples_.begin() + static_cast<std::ptrdiff_t>(next), samples_.end());
  samples_ = std::move(merged);
  buffer_.clear();
  compress();
}

// From the highest down: a sample that its upper neighbour can stand for as well is dropped.
void QuantileStream::compress() {
  if (samples_.size() < 2) return;
  std::vector<Sample> kept{samples_.back()};
  double rank = count_ - 1 - samples_.back().width;
  for (size_t i = samples_.size() - 1; i-- > 0;) {
    const Sample& sample = samples_[i];
    Sample& above = kept.back();
    if (i > 0 && sample.width + above.width + above.delta <= tolerance(rank)) {
      above.width += sample.width;
    } else {
      kept.push_back(sample);
    }
    rank -= sample.width;
  }
  std::ranges::reverse(kept);
  samples_ = std::move(kept);
}

double QuantileStream::query(double quantile) {
  if (samples_.empty()) {  // Few values: the exact answer.
    if (buffer_.empty()) return std::numeric_limits<double>::quiet_NaN();
    if (!is_buffer_sorted_) std::ranges::sort(buffer_);
    is_buffer_sorted_ = true;
    const double rank = std::ceil(static_cast<double>(buffer_.size()) * quantile);
    return buffer_[static_cast<size_t>(std::max(rank - 1, 0.0))];
  }
  if (!buffer_.empty()) flush();
  const double target = std::ceil(quantile * count_);
  const double latest = target + std::ceil(tolerance(target) / 2);
  double rank = 0;
  for (size_t i = 1; i < samples_.size(); ++i) {
    rank += samples_[i - 1].width;
    if (rank + samples_[i].width + samples_[i].delta > latest) return samples_[i - 1].value;
  }
  return samples_.back().value;
}

QuantileWindow::QuantileWindow(WindowOptions options, SteadyTime now)
    : options_(std::move(options)),
      part_(options_.age_max / static_cast<int64_t>(std::max<size_t>(options_.age_buckets, 1))),
      streams_(std::max<size_t>(options_.age_buckets, 1),
               QuantileStream(options_.objectives, options_.buffer_max)),
      next_turn_(now + part_) {}

void QuantileWindow::turn(SteadyTime now) {
  // After a long silence once around is enough.
  for (size_t i = 0; now >= next_turn_ && i < streams_.size(); ++i) {
    streams_[oldest_].clear();
    oldest_ = (oldest_ + 1) % streams_.size();
    next_turn_ += part_;
  }
  if (now >= next_turn_) next_turn_ = now + part_;
}

void QuantileWindow::insert(double value, SteadyTime now) {
  turn(now);
  for (QuantileStream& stream : streams_) stream.insert(value);
}

double QuantileWindow::query(double quantile, SteadyTime now) {
  turn(now);
  return streams_[oldest_].query(quantile);
}

}  // namespace alloy::prometheus::exporter_statsd
