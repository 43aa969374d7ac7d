// What becomes of records whose tenant the endpoint limits: they are set aside, in their order, and
// tried by a task of their own, while those of other tenants go on.
#include <algorithm>

#include "components/shared/outgoing/sender.h"

namespace alloy::outgoing {

uint64_t Sender::records_set_aside() const {
  const std::lock_guard lock(mutex_);
  return aside_.records();
}

bool Sender::is_limited(const Attempt& attempt, const queue::Record& record,
                        const Destination& destination) const {
  return attempt.verdict == Verdict::try_again && attempt.status == 429 &&
         !destination.observer->tenant(record).empty();
}

// The endpoint has just said that the tenant of this record sends too much.
bool Sender::set_aside(const Batch& batch, Duration wait, const StopToken& stop) {
  const auto current = destination();
  const std::string tenant(current->observer->tenant(batch.record));
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (gives_up_aside_ || !aside_.takes(tenant)) return false;
    is_first = aside_.add(tenant, batch.record);
  }
  current->observer->on_retry(batch.record);
  if (!is_first) return true;
  options_.logger.warn("The endpoint limits a tenant, whose data waits",
                       {{"url", current->shown_url}, {"tenant", tenant}, {"retry_after", wait}});
  limited_.spawn(send_set_aside(batch.reader, tenant, wait, stop));
  return true;
}

// Sets the record aside if earlier ones of its tenant are; waits where there is no room for it.
Task<bool> Sender::follow_set_aside(Batch* batch, StopToken stop) {
  const std::string tenant(destination()->observer->tenant(batch->record));
  if (tenant.empty()) co_return false;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (!aside_.has(tenant)) co_return false;
      if (aside_.takes(tenant)) {
        aside_.add(tenant, batch->record);
        co_return true;
      }
    }
    if (co_await lane_freed_.wait(stop) == Wake::stopped) co_return true;
  }
}

Task<> Sender::send_set_aside(std::shared_ptr<queue::Reader> reader, std::string tenant,
                              Duration wait, StopToken stop) {
  Duration backoff = 0s;
  uint64_t attempts = 1;
  bool is_limited = true;
  while (!stop.stop_requested()) {
    if (is_limited) {
      const StopToken interrupt = work().interrupt;
      const auto current = destination();
      backoff = std::clamp(2 * backoff, current->backoff_min, current->backoff_max);
      co_await pause(wait > 0s ? wait : backoff, interrupt, stop);
    }
    std::optional<SetAside::Place> place;
    {
      const std::lock_guard lock(mutex_);
      if (gives_up_aside_) co_return;
      place = aside_.first(tenant);
    }
    if (!place || stop.stop_requested()) co_return;
    const Attempt result = co_await try_set_aside(reader, *place, attempts, stop);
    if (result.verdict == Verdict::stopped) co_return;
    is_limited = result.verdict == Verdict::try_again;
    wait = result.wait;
    ++attempts;
    if (is_limited) continue;
    backoff = 0s;
    attempts = 0;
    if (finish_set_aside(*reader, tenant, place->sequence)) co_return;
  }
}

// One attempt with what lies there; `number` were made before.
Task<Sender::Attempt> Sender::try_set_aside(std::shared_ptr<queue::Reader> reader,
                                            SetAside::Place place, uint64_t number,
                                            StopToken stop) {
  auto found = reader->again(place.sequence, place.offset);
  if (!found) {
    options_.logger.error("cannot read the queue", {{"err", found.error()}});
    co_return Attempt{};
  }
  const auto current = destination();
  if (!*found) {
    // A limit of the queue has let go of it meanwhile.
    current->observer->on_dropped(queue::DropReason::full, place.counts);
    co_return Attempt{.verdict = Verdict::refused};
  }
  queue::Record record = **std::move(found);
  Attempt result{.verdict = Verdict::again_at_once};
  while (result.verdict == Verdict::again_at_once) {
    if (current->observer->drop_outdated(record)) co_return Attempt{.verdict = Verdict::delivered};
    result = co_await attempt(&record, current, number, stop);
  }
  if (result.verdict == Verdict::stopped) co_return result;
  const bool is_last = current->attempts_max != 0 && number + 1 >= current->attempts_max;
  if (result.verdict == Verdict::try_again && is_last) {
    current->observer->on_retry(record);
    result.verdict = Verdict::refused;
  }
  // That the tenant is limited doesn't mean that the endpoint fails.
  if (is_limited(result, record, *current)) {
    current->observer->on_retry(record);
  } else {
    note(result, record, *current);
  }
  co_return result;
}

// True: it was the tenant's last.
bool Sender::finish_set_aside(queue::Reader& reader, const std::string& tenant, uint64_t sequence) {
  reader.acknowledge(sequence);
  bool is_over = false;
  {
    const std::lock_guard lock(mutex_);
    aside_.remove(tenant, sequence);
    is_over = !aside_.has(tenant);
  }
  lane_freed_.notify();
  if (is_over) {
    options_.logger.info("The endpoint takes the data of a tenant again", {{"tenant", tenant}});
  }
  return is_over;
}

// A new handle hands it out again.
Task<> Sender::give_up_set_aside() {
  {
    const std::lock_guard lock(mutex_);
    gives_up_aside_ = true;
  }
  interrupt();
  co_await limited_.join();
  const std::lock_guard lock(mutex_);
  gives_up_aside_ = false;
  aside_.clear();
}

}  // namespace alloy::outgoing
