#include "components/prometheus/remote_write/outbox.h"

#include <algorithm>
#include <random>

#include "components/prometheus/remote_write/snappy_writer.h"

namespace alloy::prometheus::remote_write {
namespace {

// How often relabelling results that nobody used are given up.
constexpr Duration sweep_interval = 10min;
// Of so many tenants at once requests are open; beyond, the oldest one is finished early.
constexpr size_t open_requests_max = 256;

size_t capacity_for(size_t samples_max) {
  return std::clamp<size_t>(samples_max * 512, 64 << 10, 16 << 20);
}

}  // namespace

struct Outbox::Lane {
  Lane(queue::OpenBatch::Options options, std::unique_ptr<RequestWriter> request_writer)
      : batch(std::move(options)), writer(std::move(request_writer)) {}

  queue::OpenBatch batch;
  std::unique_ptr<RequestWriter> writer;
  queue::RecordInfo info;  // Of what is written, committed or not.
  SteadyTime opened_at;
  bool is_dirty = false;
  bool is_idle = false;  // Nothing came since it was last looked at.
  uint32_t tenant = 0;
  size_t envelope = 0;  // So many bytes in front say which tenant it is.

  size_t items() const { return info.counts[0] + info.counts[1] + info.counts[2]; }
};

Outbox::Outbox(Options options, EncodingSettings settings)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      transforms_(!settings_.external_labels.empty() ||
                  (settings_.relabel_rules && !settings_.relabel_rules->empty())),
      generation_(std::random_device()()),
      cache_(options_.store),
      swept_at_(options_.clock.steady()) {
  std::vector<Label> extra;
  for (const auto& [name, value] : settings_.external_labels) extra.push_back({name, value});
  cache_.reset(settings_.relabel_rules, LabelSet(std::move(extra)), RelabelCache::Unlabelled::kept);
  if (settings_.tenants) tenants_.emplace(options_.store, *settings_.tenants);
}

Outbox::~Outbox() = default;

// The series to write, and for whom; null: it is dropped, and counted.
const Series* Outbox::transform(const Series& series, size_t kind, uint32_t& tenant) {
  const Series* result = transforms_ ? cache_.find(series) : &series;
  if (result == nullptr) {
    ++dropped_.by_relabelling[kind];
    return nullptr;
  }
  if (!tenants_) return result;
  const auto found = tenants_->find(*result);
  if (!found) {
    ++dropped_.by_tenant[kind];
    return nullptr;
  }
  tenant = found->tenant;
  return found->series;
}

Outbox::Lane& Outbox::lane_of(const Series& series, uint32_t tenant) {
  if (tenant >= lanes_.size()) lanes_.resize(tenant + 1);
  auto& lanes = lanes_[tenant];
  if (lanes.size() != lane_count_) lanes.resize(lane_count_);
  const size_t index = lane_count_ == 1 ? 0 : series.uid() * 0x9e3779b97f4a7c15 % lane_count_;
  if (!lanes[index]) [[unlikely]]
    lanes[index] = open_lane(index, tenant);
  return *lanes[index];
}

// Adds one item; a request that is full (or can't take it any more) is finished first.
template <class Item>
bool Outbox::write(size_t kind, const Item& item, const Series& series, uint32_t tenant,
                   const Extras& extras) {
  Lane& lane = lane_of(series, tenant);
  if (!lane.writer->add(item, series, extras)) {
    seal(lane);
    if (!lane.writer->add(item, series, extras)) {
      lane.batch.clear(2 * lane.writer->bytes_wanted() + lane.envelope);
      start(lane);
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
  if (tenants_) tenants_->sweep(false);
  if (transforms_) cache_.sweep(false);
}

void Outbox::add_samples(const MetricBatch& batch) {
  // Series lie all over the memory: fetched some samples ahead.
  constexpr size_t ahead = 8;
  for (size_t i = 0; i < batch.samples.size(); ++i) {
    const Sample& sample = batch.samples[i];
    if (i + ahead < batch.samples.size()) {
      const auto* next = reinterpret_cast<const char*>(batch.samples[i + ahead].series);
      __builtin_prefetch(next);
      __builtin_prefetch(next + 64);
    }
    uint32_t tenant = 0;
    const Series* series = transform(*sample.series, samples_count, tenant);
    if (series == nullptr) continue;
    write(samples_count, sample, *series, tenant,
          extras_.find(*sample.series, sample.timestamp_ms));
    newest_timestamp_ms_ = std::max(newest_timestamp_ms_, sample.timestamp_ms);
    if (!is_stale_marker(sample.value)) continue;
    if (tenants_) tenants_->forget(transforms_ ? *cache_.find(*sample.series) : *sample.series);
    if (transforms_) cache_.forget(*sample.series);
  }
}

void Outbox::add_histograms(const MetricBatch& batch) {
  if (!settings_.send_native_histograms) return;
  for (const HistogramSample& sample : batch.histograms) {
    uint32_t tenant = 0;
    const Series* series = transform(*sample.series, histograms_count, tenant);
    if (series == nullptr) continue;
    if (settings_.protocol == Protocol::v1 && sample.histogram->uses_custom_buckets()) {
      ++dropped_.custom_bucket_histograms;
    } else {
      write(histograms_count, sample, *series, tenant,
            extras_.find(*sample.series, sample.timestamp_ms));
      newest_timestamp_ms_ = std::max(newest_timestamp_ms_, sample.timestamp_ms);
    }
  }
}

void Outbox::add_exemplars(const MetricBatch& batch) {
  if (!settings_.send_exemplars || batch.exemplars.empty()) return;
  const auto add = [&](const Exemplar& exemplar) {
    uint32_t tenant = 0;
    const Series* series = transform(*exemplar.series, exemplars_count, tenant);
    if (series != nullptr) write(exemplars_count, exemplar, *series, tenant, {});
  };
  if (settings_.protocol == Protocol::v2) {
    for (const Exemplar* exemplar : extras_.left_over()) add(*exemplar);
  } else {
    for (const Exemplar& exemplar : batch.exemplars) add(exemplar);
  }
}

void Outbox::commit_all() {
  for (Lane* lane : open_) {
    if (!lane->is_dirty) continue;
    commit(*lane);
    lane->is_dirty = false;
  }
}

void Outbox::commit(Lane& lane) {
  const size_t used = lane.envelope + lane.writer->flush();
  lane.info.unpacked_bytes = lane.writer->unpacked();
  lane.batch.commit(used, lane.info);
}

void Outbox::seal(Lane& lane) {
  if (lane.items() > 0) {
    // Committed first: should the process die while appending, the next one finds it here.
    commit(lane);
    const std::span<char> block = lane.batch.bytes().subspan(lane.envelope);
    std::string_view payload =
        finish_request(settings_.protocol, block, lane.batch.committed() - lane.envelope,
                       lane.info.unpacked_bytes, packed_);
    if (lane.envelope != 0) {
      enveloped_.assign(lane.batch.bytes().data(), lane.envelope);
      payload = enveloped_.append(payload);
    }
    lane.batch.seal(*options_.log, payload, queue::RecordInfo(lane.info));
  }
  assign(lane, lane.info.lane, lane.tenant);
}

// Begins a request.
void Outbox::assign(Lane& lane, size_t index, uint32_t tenant) {
  lane.tenant = tenant;
  lane.info = {};
  lane.info.kind = generation_;
  lane.info.lane = static_cast<uint16_t>(index);
  lane.info.lanes = static_cast<uint16_t>(lane_count_);
  lane.info.format = settings_.protocol == Protocol::v2 ? format_v2 : format_v1;
  if (tenants_) lane.info.format |= format_has_tenant;
  lane.is_dirty = false;
  start(lane);
}

void Outbox::start(Lane& lane) {
  if (tenants_) lane.envelope = write_envelope(tenants_->name(lane.tenant), lane.batch.bytes());
  lane.writer->start(lane.batch.bytes().subspan(lane.envelope));
}

std::unique_ptr<Outbox::Lane> Outbox::open_lane(size_t index, uint32_t tenant) {
  std::unique_ptr<Lane> lane;
  if (tenants_ && open_.size() >= open_requests_max) {
    lane = take_oldest_lane();
  } else {
    lane = std::make_unique<Lane>(
        queue::OpenBatch::Options{
            .path = options_.log->folder() + "/" + queue::OpenBatch::file_name(next_file_++),
            .capacity = capacity_for(settings_.samples_max),
            .files = options_.files,
            .logger = options_.logger},
        make_request_writer(settings_.protocol, options_.store.pool()));
    open_.push_back(lane.get());
  }
  assign(*lane, index, tenant);
  return lane;
}

// Finishes the request that was begun first, and takes its lane.
std::unique_ptr<Outbox::Lane> Outbox::take_oldest_lane() {
  Lane& oldest = **std::ranges::min_element(
      open_, {}, [](const Lane* lane) { return std::pair(lane->items() > 0, lane->opened_at); });
  seal(oldest);
  return std::move(lanes_[oldest.tenant][oldest.info.lane]);
}

void Outbox::seal() {
  const std::lock_guard lock(mutex_);
  for (Lane* lane : open_) seal(*lane);
}

// Finishes the requests of lanes and gives back their files.
void Outbox::close_lanes(bool only_idle) {
  std::erase_if(open_, [&](Lane* lane) {
    if (only_idle && !(lane->is_idle && lane->items() == 0)) {
      lane->is_idle = lane->items() == 0;
      return false;
    }
    seal(*lane);
    lane->batch.remove();
    lanes_[lane->tenant][lane->info.lane].reset();
    return true;
  });
}

void Outbox::set_lanes(size_t lanes) {
  const std::lock_guard lock(mutex_);
  if (lanes == lane_count_) return;
  close_lanes(false);
  lanes_.clear();
  lane_count_ = lanes;
  ++generation_;
}

size_t Outbox::lanes() const {
  const std::lock_guard lock(mutex_);
  return lane_count_;
}

// Gives up what nobody uses any more; tenants come and go.
void Outbox::sweep() {
  if (transforms_) cache_.sweep(true);
  if (!tenants_) return;
  tenants_->sweep(true);
  close_lanes(true);
}

void Outbox::give_back() {
  const std::lock_guard lock(mutex_);
  sweep();
}

SteadyTime Outbox::seal_due() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = options_.clock.steady();
  SteadyTime due = SteadyTime::max();
  for (Lane* lane : open_) {
    if (lane->items() == 0) continue;
    const SteadyTime lane_due = lane->opened_at + settings_.batch_deadline;
    if (lane_due <= now) {
      seal(*lane);
    } else {
      due = std::min(due, lane_due);
    }
  }
  if (now - swept_at_ >= sweep_interval) {
    sweep();
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
  const std::string_view left(bytes.data(), bytes.size());
  std::string block(open_envelope(left, info).request);
  const Protocol protocol = protocol_of(info);
  if (protocol == Protocol::v1 && block.size() < SnappyWriter::preamble_bytes) return false;
  std::string scratch;
  const std::string_view request =
      finish_request(protocol, block, block.size(), info.unpacked_bytes, scratch);
  if (count_items(request, protocol) != info.total()) return false;
  payload.assign(left.substr(0, left.size() - block.size()));
  payload += request;
  return true;
}

}  // namespace alloy::prometheus::remote_write
