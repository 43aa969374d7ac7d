// Sending with retries.
#include "components/shared/outgoing/sender.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "base/text.h"
namespace alloy::outgoing {
namespace {

constexpr Duration unreadable_pause = 1s;
// How often an old queue is asked whether the tenants that hold it are through.
constexpr Duration set_aside_pause = 1s;
constexpr size_t shown_body_bytes = 512;

// One token that is asked when either is.
class EitherToken {
 public:
  EitherToken(StopToken a, StopToken b)
      : on_a_(std::move(a), Ask{source_}), on_b_(std::move(b), Ask{source_}) {}
  StopToken token() const { return source_.get_token(); }

 private:
  struct Ask {
    StopSource source;
    void operator()() { source.request_stop(); }
  };
  StopSource source_;
  std::stop_callback<Ask> on_a_;
  std::stop_callback<Ask> on_b_;
};

std::string first_line(std::string_view body) {
  return std::string(body.substr(0, std::min(body.find('\n'), shown_body_bytes)));
}

}  // namespace

Duration parse_retry_after(std::string_view text, WallTime now) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return std::chrono::seconds(std::clamp<int64_t>(seconds, 0, 86400));
  }
  std::tm date = {};
  if (strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return 0s;
  const WallTime when{std::chrono::seconds(timegm(&date))};
  return std::clamp<Duration>(when - now, 0s, 24h);
}

Sender::Sender(Options options, std::string key)
    : options_(std::move(options)),
      lanes_(options_.executor),
      limited_(options_.executor),
      key_(std::move(key)) {}

void Sender::set_destination(std::shared_ptr<const Destination> destination) {
  {
    const std::lock_guard lock(mutex_);
    // The old one goes outside the lock: its metrics take the registry's.
    std::swap(destination_, destination);
    failing_ = false;
  }
  interrupt();
}

void Sender::set_store(std::shared_ptr<QueueStore> store) {
  const std::lock_guard lock(mutex_);
  store_ = std::move(store);
}

void Sender::set_queues(std::vector<std::shared_ptr<queue::Log>> queues) {
  {
    const std::lock_guard lock(mutex_);
    std::swap(queues_, queues);
  }
  interrupt();
}

void Sender::set_key(std::string key) {
  {
    const std::lock_guard lock(mutex_);
    key_ = std::move(key);
  }
  interrupt();
}

std::string Sender::key() const {
  const std::lock_guard lock(mutex_);
  return key_;
}

void Sender::set_hurry() {
  {
    const std::lock_guard lock(mutex_);
    hurry_ = true;
  }
  interrupt();
}

void Sender::interrupt() {
  StopSource asked;
  {
    const std::lock_guard lock(mutex_);
    asked = std::exchange(interrupt_, StopSource());
  }
  asked.request_stop();
}

bool Sender::is_hopeless() const {
  const std::lock_guard lock(mutex_);
  return hurry_ && failing_;
}

bool Sender::is_failing() const {
  const std::lock_guard lock(mutex_);
  return failing_;
}

// A request that is under way may well arrive, and would be sent again by the next run. In a hurry
// nobody waits for tenants that are limited.
bool Sender::is_done() const {
  const uint64_t pending = records_pending();
  const std::lock_guard lock(mutex_);
  if (hurry_ && failing_) return requests_under_way_ == 0 || pending == 0;
  return pending <= (hurry_ ? aside_.records() : 0);
}

queue::Counts Sender::pending() const {
  const std::lock_guard lock(mutex_);
  queue::Counts sum = {};
  for (const auto& log : queues_) sum = sum + log->reader_stats(key_).pending;
  return sum;
}

uint64_t Sender::records_pending() const {
  const std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (const auto& log : queues_) sum += log->reader_stats(key_).records_pending;
  return sum;
}

Sender::Work Sender::work() const {
  const std::lock_guard lock(mutex_);
  Work work{.key = key_, .is_last = queues_.size() <= 1, .interrupt = interrupt_.get_token()};
  if (!queues_.empty()) work.log = queues_.front();
  return work;
}

std::shared_ptr<const Destination> Sender::destination() const {
  const std::lock_guard lock(mutex_);
  return destination_;
}

Task<> Sender::run(std::shared_ptr<Sender> self, StopToken stop) {
  co_await self->send_all(std::move(stop));
}

Task<> Sender::send_all(StopToken stop) {
  while (!stop.stop_requested()) {
    Work next = work();
    if (next.log == nullptr || is_hopeless()) {
      co_await pause(Duration::max(), next.interrupt, stop);
    } else {
      co_await send_queue(std::move(next), stop);
    }
  }
  co_await lanes_.join();
}

void Sender::finish_queue(const std::shared_ptr<queue::Log>& log) {
  std::shared_ptr<QueueStore> store;
  std::string key;
  {
    const std::lock_guard lock(mutex_);
    if (queues_.size() > 1 && queues_.front() == log) queues_.erase(queues_.begin());
    store = store_;
    key = key_;
  }
  if (store) store->finish(log, key);
}

// Sends one queue until it is through or there is something else to do.
Task<> Sender::send_queue(Work current, StopToken stop) {
  const auto reader = current.log->reader(current.key);
  while (!stop.stop_requested() && !is_hopeless()) {
    Work now = work();
    if (now.log != current.log || now.key != current.key) break;
    if (!co_await send_next(reader, std::move(now), stop)) break;
  }
  // A new handle would hand out again what is still on its way.
  co_await wait_for_lanes(0, 0, {});
  co_await give_up_set_aside();
}

Task<bool> Sender::send_next(std::shared_ptr<queue::Reader> reader, Work now, StopToken stop) {
  auto record = reader->next();
  count_queue_drops(*reader);
  if (!record) {
    options_.logger.error("cannot read the queue", {{"err", record.error()}});
    co_await pause(unreadable_pause, now.interrupt, stop);
    co_return true;
  }
  if (!*record) {
    if (!now.is_last) {
      co_await wait_for_lanes(0, 0, stop);
      if (records_set_aside() > 0) {
        co_await lane_freed_.wait(stop, set_aside_pause);
        co_return true;
      }
      if (!stop.stop_requested()) finish_queue(now.log);
      co_return false;
    }
    const EitherToken either(now.interrupt, stop);
    co_await reader->wait(either.token());
    co_return true;
  }
  const queue::RecordInfo& info = (*record)->header.info;
  Batch batch{reader, *std::move(*record)};
  if (co_await follow_set_aside(&batch, stop)) co_return true;
  if (info.lanes <= 1) {
    co_await wait_for_lanes(0, 0, stop);
    co_await deliver(std::move(batch), stop);
    co_return true;
  }
  const uint64_t formation = uint64_t{info.kind} << 16 | info.lanes;
  const uint16_t lane = info.lane;
  co_await wait_for_lanes(formation, lane, stop);
  if (stop.stop_requested()) co_return false;
  lanes_.spawn(deliver_in_lane(std::move(batch), stop));
  co_return true;
}

bool Sender::enter_lane(uint64_t formation, uint16_t lane) {
  const std::lock_guard lock(mutex_);
  if (formation != formation_ && !busy_lanes_.empty()) return false;
  if (formation != 0 && std::ranges::find(busy_lanes_, lane) != busy_lanes_.end()) return false;
  if (formation == 0 && !busy_lanes_.empty()) return false;
  if (formation != 0 && busy_lanes_.size() >= destination_->lanes_max) return false;
  formation_ = formation;
  if (formation != 0) busy_lanes_.push_back(lane);
  return true;
}

// Takes the lane as soon as it is free and no other set of lanes is on its way; formation 0: waits
// until nothing is on its way.
Task<> Sender::wait_for_lanes(uint64_t formation, uint16_t lane, StopToken stop) {
  while (!stop.stop_requested() && !enter_lane(formation, lane)) co_await lane_freed_.wait(stop);
}

Task<> Sender::deliver_in_lane(Batch batch, StopToken stop) {
  const uint16_t lane = batch.record.header.info.lane;
  co_await deliver(std::move(batch), stop);
  {
    const std::lock_guard lock(mutex_);
    std::erase(busy_lanes_, lane);
  }
  lane_freed_.notify();
}

// Tries until the endpoint has taken or refused the batch, and acknowledges it then.
Task<> Sender::deliver(Batch batch, StopToken stop) {
  queue::Record& record = batch.record;
  const uint64_t sequence = record.header.sequence;
  Duration backoff = 0s;
  for (uint64_t number = 0; !stop.stop_requested() && !is_hopeless(); ++number) {
    const StopToken interrupt = work().interrupt;
    const auto current = destination();
    if (current->observer->drop_outdated(record)) {
      batch.reader->acknowledge(sequence);
      co_return;
    }
    Attempt result = co_await attempt(&record, current, number, stop);
    if (result.verdict == Verdict::stopped) co_return;
    if (result.verdict == Verdict::again_at_once) continue;
    const bool is_last = current->attempts_max != 0 && number + 1 >= current->attempts_max;
    if (result.verdict == Verdict::try_again && is_last) {
      current->observer->on_retry(record);
      result.verdict = Verdict::refused;
    }
    if (is_limited(result, record, *current) && set_aside(batch, result.wait, stop)) co_return;
    note(result, record, *current);
    if (result.verdict != Verdict::try_again) {
      batch.reader->acknowledge(sequence);
      co_return;
    }
    if (is_hopeless()) co_return;
    backoff = std::clamp(2 * backoff, current->backoff_min, current->backoff_max);
    co_await pause(result.wait > 0s ? result.wait : backoff, interrupt, stop);
  }
}

Task<Sender::Attempt> Sender::attempt(queue::Record* record,
                                      std::shared_ptr<const Destination> destination,
                                      uint64_t number, StopToken stop) {
  net::Request request{.method = "POST",
                       .url = destination->url,
                       .headers = destination->headers,
                       .timeout = destination->timeout};
  request.body = destination->observer->prepare(*record, request.headers);
  if (number > 0 && destination->announces_retries)
    request.headers.set("Retry-Attempt", fmt::format("{}", number));
  for (const auto& preparation : destination->preparations) {
    const auto prepared = co_await preparation->prepare(&request, stop);
    if (prepared) continue;
    if (prepared.error().kind() == ErrorKind::stopped) {
      co_return Attempt{.verdict = Verdict::stopped};
    }
    co_return Attempt{.error = prepared.error().message()};
  }
  const SteadyTime begin = options_.clock.steady();
  ++requests_under_way_;
  const auto response = co_await destination->client->fetch(std::move(request), stop);
  --requests_under_way_;
  const Duration took = options_.clock.steady() - begin;
  if (!response && response.error().kind() == ErrorKind::stopped) {
    co_return Attempt{.verdict = Verdict::stopped};
  }
  destination->observer->on_attempt(*record, response ? response->status : -1,
                                    std::chrono::duration<double>(took).count());
  if (!response) co_return Attempt{.error = response.error().message()};
  Review review = destination->observer->review(*record, *response);
  if (review.verdict == Review::Verdict::again) {
    co_return Attempt{.verdict = Verdict::again_at_once, .status = response->status};
  }
  if (review.verdict == Review::Verdict::refused) {
    co_return Attempt{
        .verdict = Verdict::refused, .status = response->status, .error = std::move(review.error)};
  }
  co_return judge(*response, *destination);
}

Sender::Attempt Sender::judge(const net::Response& response, const Destination& destination) const {
  if (response.is_success()) return {.verdict = Verdict::delivered, .status = response.status};
  Attempt attempt{.verdict = Verdict::refused,
                  .status = response.status,
                  .error = fmt::format("server returned HTTP status {}: {}", response.status_line,
                                       first_line(response.body))};
  const bool is_limited = response.status == 429 && destination.retry_on_429;
  if (response.status / 100 == 5 || is_limited) {
    attempt.verdict = Verdict::try_again;
    attempt.wait = parse_retry_after(response.headers.get("Retry-After"), options_.clock.wall());
  }
  return attempt;
}

void Sender::note(const Attempt& attempt, const queue::Record& record,
                  const Destination& destination) {
  const bool failed = attempt.verdict == Verdict::try_again;
  bool is_news;
  {
    const std::lock_guard lock(mutex_);
    is_news = failing_ != failed;
    failing_ = failed;
  }
  switch (attempt.verdict) {
    case Verdict::delivered:
      destination.observer->on_sent(record);
      if (is_news)
        options_.logger.info("the endpoint takes data again", {{"url", destination.shown_url}});
      break;
    case Verdict::refused:
      destination.observer->on_refused(record, attempt.status, attempt.error);
      break;
    default:
      destination.observer->on_retry(record);
      // Once at the start of an outage; afterwards only for who wants to know.
      options_.logger.log(is_news ? LogLevel::warn : LogLevel::debug,
                          "Failed to send batch, retrying",
                          {{"url", destination.shown_url}, {"err", attempt.error}});
  }
}

Task<> Sender::pause(Duration duration, StopToken interrupt, StopToken stop) {
  const EitherToken either(std::move(interrupt), std::move(stop));
  co_await options_.clock.sleep(duration, either.token());
}

void Sender::count_queue_drops(const queue::Reader& reader) {
  const queue::ReaderStats stats = reader.stats();
  const auto current = destination();
  for (size_t i = 0; i < queue::drop_reasons; ++i) {
    queue::Counts fresh;
    {
      const std::lock_guard lock(mutex_);
      if (drops_of_ != &const_cast<queue::Reader&>(reader).log()) {
        drops_of_ = &const_cast<queue::Reader&>(reader).log();
        counted_drops_ = {};
      }
      fresh = stats.dropped[i] - counted_drops_[i];
      counted_drops_[i] = stats.dropped[i];
    }
    if (fresh != queue::Counts{}) {
      current->observer->on_dropped(static_cast<queue::DropReason>(i), fresh);
    }
  }
}

}  // namespace alloy::outgoing
