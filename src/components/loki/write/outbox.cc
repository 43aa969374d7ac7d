#include "components/loki/write/outbox.h"

#include <algorithm>

namespace alloy::loki::write {
namespace {

// How often streams and requests that nobody used are given up.
constexpr Duration sweep_interval = 10min;

// The file is sparse and its pages come when they are used, so there may well be too much room.
size_t capacity_for(size_t batch_bytes) {
  return std::clamp<size_t>(batch_bytes + batch_bytes / 2 + (64 << 10), 64 << 10, 64 << 20);
}

constexpr uint32_t no_more = UINT32_MAX;

}  // namespace

Outbox::Outbox(Options options, EncodingSettings settings)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      streams_(options_.store, settings_),
      swept_at_(options_.clock.steady()) {}

Outbox::~Outbox() = default;

void Outbox::set_members(std::vector<Member> members) {
  const std::lock_guard lock(mutex_);
  members_ = std::move(members);
}

bool Outbox::is_full() const {
  const std::lock_guard lock(mutex_);
  const queue::LogLimits limits = options_.log->limits();
  // Below the size at which the log would drop its oldest segments.
  const uint64_t bytes_max = settings_.capacity_bytes > 0
                                 ? settings_.capacity_bytes
                                 : limits.bytes_max - 2 * limits.segment_bytes;
  const uint64_t memory_max = limits.memory_bytes_max / 2;
  const bool is_memory_full = options_.log->bytes_in_memory() >= memory_max;
  const uint64_t pending_max = is_memory_full ? std::min(bytes_max, memory_max) : bytes_max;
  return !members_.empty() && std::ranges::all_of(members_, [&](const Member& member) {
    return options_.log->reader_stats(member.key).pending[bytes_count] >= pending_max;
  });
}

void Outbox::receive(const LogBatch& batch) {
  const bool drops = !settings_.drops_for.empty() && is_full();
  const std::lock_guard lock(mutex_);
  if (drops) return drop(batch, "queue_is_full");
  const int64_t read_at_ns =
      batch.read_at_ns != 0 ? batch.read_at_ns : options_.clock.wall().time_since_epoch().count();
  group(batch);
  for (Stream* stream : streams_of_batch_) write(batch, *stream, read_at_ns / 1000);
  for (const auto& [key, request] : requests_) {
    if (!request->is_dirty()) continue;
    request->commit();
    request->keep(batch.delivery);
  }
}

// Makes a list of the entries of each stream.
void Outbox::group(const LogBatch& batch) {
  ++batch_number_;
  streams_of_batch_.clear();
  if (next_.size() < batch.entries.size()) next_.resize(batch.entries.size());
  const Series* series = nullptr;
  Stream* stream = nullptr;
  for (uint32_t i = 0; i < batch.entries.size(); ++i) {
    if (batch.entries[i].labels != series) {
      series = batch.entries[i].labels;
      stream = &streams_.find(*series);
    }
    if (stream->in_batch != batch_number_) {
      stream->in_batch = batch_number_;
      stream->first = i;
      streams_of_batch_.push_back(stream);
    } else {
      next_[stream->last] = i;
    }
    stream->last = i;
    next_[i] = no_more;
  }
}

OpenRequest& Outbox::request_of(const Stream& stream) {
  const size_t lane = settings_.lanes > 1 ? stream.hash % settings_.lanes : 0;
  auto& request = requests_[{stream.tenant, lane}];
  if (!request) {
    request = std::make_unique<OpenRequest>(
        queue::OpenBatch::Options{
            .path = options_.log->folder() + "/" + queue::OpenBatch::file_name(next_file_++),
            .capacity = capacity_for(settings_.batch_bytes),
            .files = options_.files,
            .logger = options_.logger},
        stream.tenant, static_cast<uint16_t>(lane), static_cast<uint16_t>(settings_.lanes));
    for (const Member& member : members_) member.metrics->tenant(stream.tenant);
  }
  return *request;
}

void Outbox::write(const LogBatch& batch, Stream& stream, int64_t read_at_us) {
  OpenRequest& request = request_of(stream);
  for (uint32_t i = stream.first; i != no_more; i = next_[i]) {
    const LogEntry& entry = batch.entries[i];
    switch (request.room_for(stream, size_of(entry), settings_)) {
      case OpenRequest::Room::too_many_streams:
        count_dropped(stream, "stream_limited", entry);
        continue;
      case OpenRequest::Room::request_is_full:
        seal_within(batch, request);
        break;
      case OpenRequest::Room::enough:
        break;
    }
    if (!write(request, stream, entry, batch, read_at_us))
      count_dropped(stream, "line_too_long", entry);
  }
}

// Adds one entry; a request whose file has no room for it is finished first.
bool Outbox::write(OpenRequest& request, Stream& stream, const LogEntry& entry,
                   const LogBatch& batch, int64_t read_at_us) {
  if (entry.line.size() > queue::record_payload_bytes_max / 2) return false;
  const bool was_empty = request.empty();
  if (!request.add(stream, entry, read_at_us)) {
    seal_within(batch, request);
    if (!request.add(stream, entry, read_at_us)) {
      request.make_room(stream, entry);
      if (!request.add(stream, entry, read_at_us)) return false;
    }
  }
  if (was_empty || request.opened_at == SteadyTime()) {
    request.opened_at = options_.clock.steady();
    opened_.notify();
  }
  return true;
}

void Outbox::drop(const LogBatch& batch, std::string_view reason) {
  for (const LogEntry& entry : batch.entries)
    count_dropped(streams_.find(*entry.labels), reason, entry);
}

void Outbox::count_dropped(const Stream& stream, std::string_view reason, const LogEntry& entry) {
  for (const Member& member : members_)
    member.metrics->tenant(stream.tenant).add_dropped(reason, 1, size_of(entry));
}

void Outbox::seal(OpenRequest& request) {
  request.seal(*options_.log, packer_);
  request.opened_at = {};
}

// While entries of the batch may be in the request and not committed yet.
void Outbox::seal_within(const LogBatch& batch, OpenRequest& request) {
  if (request.is_dirty()) request.keep(batch.delivery);
  seal(request);
}

void Outbox::seal() {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, request] : requests_) seal(*request);
}

// Tenants come and go: requests that stayed empty give back their file.
void Outbox::sweep() {
  for (auto each = requests_.begin(); each != requests_.end();) {
    if (each->second->empty()) {
      each->second->remove();
      each = requests_.erase(each);
    } else {
      seal(*each->second);
      ++each;
    }
  }
  streams_.sweep();
}

SteadyTime Outbox::seal_due() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = options_.clock.steady();
  SteadyTime due = SteadyTime::max();
  for (const auto& [key, request] : requests_) {
    if (request->empty()) continue;
    const SteadyTime request_due = request->opened_at + settings_.batch_wait;
    if (request_due <= now) {
      seal(*request);
    } else {
      due = std::min(due, request_due);
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

}  // namespace alloy::loki::write
