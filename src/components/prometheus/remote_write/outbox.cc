#include "components/prometheus/remote_write/outbox.h"

#include <algorithm>
#include <random>

#include "components/prometheus/remote_write/snappy_writer.h"

namespace alloy::prometheus::remote_write {
namespace {

// How often relabelling results that nobody used are given up.
constexpr Duration sweep_interval = 10min;

size_t capacity_for(size_t samples_max) {
  return std::clamp<size_t>(samples_max * 512, 64 << 10, 16 << 20);
}

}  // namespace

struct Outbox::Lane {
  Lane(queue::OpenBatch::Options options, std::unique_ptr<RequestWriter> request_writer)
      : batch(std::move(options)), writer(std::move(request_writer)) {
    writer->start(batch.bytes());
  }

  queue::OpenBatch batch;
  std::unique_ptr<RequestWriter> writer;
  queue::RecordInfo info;  // Of what is written, committed or not.
  SteadyTime opened_at;
  bool is_dirty = false;

  size_t items() const { return info.counts[0] + info.counts[1] + info.counts[2]; }
};

Outbox::Outbox(Options options, EncodingSettings settings)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      transforms_(!settings_.external_labels.empty() ||
                  (settings_.relabel_rules && !settings_.relabel_rules->empty())),
      generation_(std::random_device()()),
      cache_(options_.store),
      metadata_(options_.store),
      swept_at_(options_.clock.steady()) {
  std::vector<Label> extra;
  for (const auto& [name, value] : settings_.external_labels) extra.push_back({name, value});
  cache_.reset(settings_.relabel_rules, LabelSet(std::move(extra)), RelabelCache::Unlabelled::kept);
  make_lanes(1);
}

Outbox::~Outbox() = default;

const Series* Outbox::transform(const Series& series) {
  return transforms_ ? cache_.find(series) : &series;
}

Outbox::Lane& Outbox::lane_of(const Series& series) {
  if (lanes_.size() == 1) return *lanes_.front();
  return *lanes_[series.uid() * 0x9e3779b97f4a7c15 % lanes_.size()];
}

// Adds one item; a request that is full (or can't take it any more) is finished first.
template <class Item>
bool Outbox::write(size_t kind, const Item& item, const Series& series, const Extras& extras) {
  Lane& lane = lane_of(series);
  if (!lane.writer->add(item, series, extras)) {
    seal(lane);
    if (!lane.writer->add(item, series, extras)) {
      lane.batch.clear(2 * lane.writer->bytes_wanted());
      lane.writer->start(lane.batch.bytes());
      if (!lane.writer->add(item, series, extras)) return false;
    }
  }
  if (lane.items() == 0) {
    lane.opened_at = options_.clock.steady();
    opened_.notify();
  }
  ++lane.info.counts[kind];
  lane.info.counts[exemplars_count] += static_cast<uint32_t>(extras.exemplars.size());
  lane.info.time_min = std::min(lane.info.time_min, item.timestamp_ms);
  lane.info.time_max = std::max(lane.info.time_max, item.timestamp_ms);
  lane.is_dirty = true;
  if (lane.items() >= settings_.samples_max) seal(lane);
  return true;
}

void Outbox::receive(const MetricBatch& batch) {
  const std::lock_guard lock(mutex_);
  if (settings_.protocol == Protocol::v2) {
    metadata_.learn(batch.metadata);
    extras_.begin(batch, metadata_,
                  settings_.send_exemplars ? BatchExtras::Exemplars::attached
                                           : BatchExtras::Exemplars::ignored);
  }
  add_samples(batch);
  add_histograms(batch);
  add_exemplars(batch);
  commit_all();
  if (transforms_) cache_.sweep(false);
}

void Outbox::add_samples(const MetricBatch& batch) {
  for (const Sample& sample : batch.samples) {
    const Series* series = transform(*sample.series);
    if (series == nullptr) {
      ++dropped_.by_relabelling[samples_count];
      continue;
    }
    write(samples_count, sample, *series, extras_.find(*sample.series, sample.timestamp_ms));
    newest_timestamp_ms_ = std::max(newest_timestamp_ms_, sample.timestamp_ms);
    if (transforms_ && is_stale_marker(sample.value)) cache_.forget(*sample.series);
  }
}

void Outbox::add_histograms(const MetricBatch& batch) {
  if (!settings_.send_native_histograms) return;
  for (const HistogramSample& sample : batch.histograms) {
    const Series* series = transform(*sample.series);
    if (series == nullptr) {
      ++dropped_.by_relabelling[histograms_count];
    } else if (settings_.protocol == Protocol::v1 && sample.histogram->uses_custom_buckets()) {
      ++dropped_.custom_bucket_histograms;
    } else {
      write(histograms_count, sample, *series, extras_.find(*sample.series, sample.timestamp_ms));
      newest_timestamp_ms_ = std::max(newest_timestamp_ms_, sample.timestamp_ms);
    }
  }
}

void Outbox::add_exemplars(const MetricBatch& batch) {
  if (!settings_.send_exemplars || batch.exemplars.empty()) return;
  const auto add = [&](const Exemplar& exemplar) {
    const Series* series = transform(*exemplar.series);
    if (series == nullptr) {
      ++dropped_.by_relabelling[exemplars_count];
    } else {
      write(exemplars_count, exemplar, *series, {});
    }
  };
  if (settings_.protocol == Protocol::v2) {
    for (const Exemplar* exemplar : extras_.left_over()) add(*exemplar);
  } else {
    for (const Exemplar& exemplar : batch.exemplars) add(exemplar);
  }
}

void Outbox::commit_all() {
  for (const auto& lane : lanes_) {
    if (!lane->is_dirty) continue;
    const size_t used = lane->writer->flush();
    lane->info.unpacked_bytes = lane->writer->unpacked();
    lane->batch.commit(used, lane->info);
    lane->is_dirty = false;
  }
}

void Outbox::seal(Lane& lane) {
  if (lane.items() > 0) {
    const size_t used = lane.writer->flush();
    queue::RecordInfo info = lane.info;
    info.unpacked_bytes = lane.writer->unpacked();
    // Committed first: should the process die while appending, the next one finds it here.
    lane.batch.commit(used, info);
    const std::string_view payload =
        finish_request(settings_.protocol, lane.batch.bytes(), used, info.unpacked_bytes, packed_);
    lane.batch.seal(*options_.log, payload, info);
  }
  queue::RecordInfo fresh;
  fresh.kind = generation_;
  fresh.format = lane.info.format;
  fresh.lane = lane.info.lane;
  fresh.lanes = lane.info.lanes;
  lane.info = fresh;
  lane.is_dirty = false;
  lane.writer->start(lane.batch.bytes());
}

void Outbox::seal() {
  const std::lock_guard lock(mutex_);
  for (const auto& lane : lanes_) seal(*lane);
}

void Outbox::make_lanes(size_t lanes) {
  for (const auto& lane : lanes_) {
    seal(*lane);
    lane->batch.remove();
  }
  lanes_.clear();
  ++generation_;
  for (size_t i = 0; i < lanes; ++i) {
    auto lane = std::make_unique<Lane>(
        queue::OpenBatch::Options{
            .path = options_.log->folder() + "/" + queue::OpenBatch::file_name(i),
            .capacity = capacity_for(settings_.samples_max),
            .files = options_.files,
            .logger = options_.logger},
        make_request_writer(settings_.protocol, options_.store.pool()));
    lane->info.lane = static_cast<uint16_t>(i);
    lane->info.lanes = static_cast<uint16_t>(lanes);
    lane->info.kind = generation_;
    lane->info.format = settings_.protocol == Protocol::v2 ? format_v2 : format_v1;
    lanes_.push_back(std::move(lane));
  }
}

void Outbox::set_lanes(size_t lanes) {
  const std::lock_guard lock(mutex_);
  if (lanes != lanes_.size()) make_lanes(lanes);
}

size_t Outbox::lanes() const {
  const std::lock_guard lock(mutex_);
  return lanes_.size();
}

SteadyTime Outbox::seal_due() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = options_.clock.steady();
  SteadyTime due = SteadyTime::max();
  for (const auto& lane : lanes_) {
    if (lane->items() == 0) continue;
    const SteadyTime lane_due = lane->opened_at + settings_.batch_deadline;
    if (lane_due <= now) {
      seal(*lane);
    } else {
      due = std::min(due, lane_due);
    }
  }
  if (transforms_ && now - swept_at_ >= sweep_interval) {
    cache_.sweep(true);
    swept_at_ = now;
  }
  return due;
}

Task<> Outbox::run(std::shared_ptr<Outbox> self, StopToken stop) {
  while (!stop.stop_requested()) {
    const SteadyTime due = self->seal_due();
    if (due == SteadyTime::max()) {
      co_await self->opened_.wait(stop);
    } else {
      co_await self->options_.clock.sleep_until(due, stop);
    }
  }
}

Outbox::Dropped Outbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

int64_t Outbox::newest_timestamp_ms() const {
  const std::lock_guard lock(mutex_);
  return newest_timestamp_ms_;
}

bool finish_open_request(std::span<const char> bytes, queue::RecordInfo& info,
                         std::string& payload) {
  std::string block(bytes.data(), bytes.size());
  const Protocol protocol = protocol_of(info);
  if (protocol == Protocol::v1 && block.size() < SnappyWriter::preamble_bytes) return false;
  std::string scratch;
  payload = finish_request(protocol, block, block.size(), info.unpacked_bytes, scratch);
  return count_items(payload, protocol) == info.total();
}

}  // namespace alloy::prometheus::remote_write
