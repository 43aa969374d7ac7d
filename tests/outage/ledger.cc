#include "outage/ledger.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <xxhash.h>

#include <fmt/format.h>
#include <snappy.h>

namespace alloy::outage {
namespace {

uint64_t hash(std::string_view text, uint64_t seed = 0) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

std::string_view find(std::span<const Label> labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &Label::name);
  return found == labels.end() ? std::string_view() : found->value;
}

size_t target_of(std::span<const Label> labels) {
  const std::string_view text = find(labels, target_label);
  size_t target = SIZE_MAX;
  std::from_chars(text.data(), text.data() + text.size(), target);
  return target;
}

}  // namespace

Ledger::Ledger(size_t targets, size_t series_of_target) : series_of_target_(series_of_target) {
  targets_.resize(targets, std::vector<Scrape>(1));
}

uint32_t Ledger::serve(size_t target, int64_t time_ms) {
  auto& scrapes = targets_.at(target);
  scrapes.push_back({.served_at_ms = time_ms});
  return static_cast<uint32_t>(scrapes.size() - 1);
}

bool Ledger::take(std::string_view compressed, wire::RemoteWriteProtocol protocol) {
  if (!snappy::Uncompress(compressed.data(), compressed.size(), &unpacked_)) return false;
  if (!request_.parse(unpacked_, protocol)) return false;
  ++requests_;
  const bool is_repeated = !bodies_.insert(hash(compressed)).second;
  if (is_repeated) ++repeated_requests_;
  for (const auto& series : request_.series()) take_series(request_, series, is_repeated);
  return true;
}

void Ledger::take_series(const wire::WriteRequest& request,
                         const wire::WriteRequest::Series& series, bool is_repeated) {
  const auto labels = request.labels(series.labels);
  uint64_t key = 0;
  for (const Label& label : labels) key = hash(label.value, hash(label.name, key));
  for (const wire::WriteRequest::Sample& sample : request.samples(series)) {
    if (is_stale_marker(sample.value)) {
      ++stale_markers_;
      continue;
    }
    if (find(labels, "__name__") != metric_name) {
      take_report(key, sample.timestamp_ms);
      continue;
    }
    ++samples_;
    const size_t target = target_of(labels);
    const auto scrape = static_cast<size_t>(std::fmod(std::abs(sample.value), scrapes_max));
    if (target >= targets_.size() || scrape == 0 || scrape >= targets_[target].size()) {
      ++strange_;
      continue;
    }
    Series& known = series_[key];
    if (known.arrived.size() <= scrape) known.arrived.resize(scrape + 64);
    if (known.arrived[scrape]) {
      ++(is_repeated ? repeated_in_them_ : repeated_otherwise_);
      continue;
    }
    if (scrape < known.newest) ++out_of_order_;
    known.arrived[scrape] = true;
    known.newest = std::max(known.newest, static_cast<uint32_t>(scrape));
    ++targets_[target][scrape].arrived;
  }
}

void Ledger::take_report(uint64_t key, int64_t timestamp_ms) {
  const auto time = static_cast<uint64_t>(timestamp_ms);
  reports_.insert(hash({reinterpret_cast<const char*>(&time), sizeof time}, key));
}

std::string Ledger::totals() const {
  uint64_t scrapes = 0;
  uint64_t missing = 0;
  for (const auto& target : targets_) {
    scrapes += target.size() - 1;
    for (size_t i = 1; i < target.size(); ++i) missing += series_of_target_ - target[i].arrived;
  }
  return fmt::format(
      R"({{"scrapes":{},"requests":{},"samples":{},"series":{},"missing":{},"reports":{},)"
      R"("stale_markers":{},"repeated_requests":{},"repeated_in_them":{},)"
      R"("repeated_otherwise":{},"out_of_order":{},"strange":{}}})",
      scrapes, requests_, samples_, series_.size(), missing, reports_.size(), stale_markers_,
      repeated_requests_, repeated_in_them_, repeated_otherwise_, out_of_order_, strange_);
}

std::string Ledger::missing() const {
  std::string out = "[";
  for (size_t target = 0; target < targets_.size(); ++target) {
    for (size_t i = 1; i < targets_[target].size(); ++i) {
      const Scrape& scrape = targets_[target][i];
      if (scrape.arrived == series_of_target_) continue;
      out += fmt::format("{}[{},{},{},{}]", out.size() > 1 ? "," : "", target, i,
                         scrape.served_at_ms, series_of_target_ - scrape.arrived);
    }
  }
  return out + "]";
}

}  // namespace alloy::outage
