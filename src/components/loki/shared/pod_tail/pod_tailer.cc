#include "components/loki/shared/pod_tail/pod_tailer.h"

#include <charconv>
#include <random>

#include "components/loki/shared/pod_tail/pod_state.h"
#include "components/shared/kubernetes/informer.h"
#include "components/shared/kubernetes/times.h"
#include "net/url.h"
#include "signals/log_batch_builder.h"

namespace alloy::loki {
namespace {

// A connection is renewed from time to time: some servers fall silent on old ones.
constexpr Duration connection_lifetime = 1h;
constexpr Duration pod_timeout = 30s;
constexpr Duration backoff_min = 10ms;
constexpr Duration backoff_max = 1min;
// How often to look whether lines have stopped coming.
constexpr Duration silence_interval = 1s;
// While so much waits for the receivers, no more is read.
constexpr size_t waiting_bytes_max = size_t{256} << 10;
constexpr int64_t nanoseconds_a_microsecond = 1000;

std::optional<PodLogPosition> find_position(const PositionsFile& positions,
                                            const PositionKey& key) {
  PositionKey found = key;
  auto text = positions.get(key);
  if (!text) {
    // The same container under other labels.
    for (auto& [other, value] : positions.all_of(key.path)) {
      if (text && value.size() <= text->size() && value <= *text) continue;
      found = other;
      text = value;
    }
  }
  if (!text) return std::nullopt;
  int64_t microseconds = 0;
  std::from_chars(text->data(), text->data() + text->size(), microseconds);
  if (microseconds == 0) return std::nullopt;
  // The exact one, unless another program has gone on since.
  if (const auto exact = positions.get(PodTailer::exact_key(found)))
    if (const auto position = parse_exact_position(*exact))
      if (position->last_ns / nanoseconds_a_microsecond == microseconds) return position;
  return PodLogPosition{.last_ns = microseconds * nanoseconds_a_microsecond, .lines_at_last = 0};
}

}  // namespace

// The bytes that come, from the client's strand to the tailer's.
class PodTailer::Stream {
 public:
  Result<> take_head(const net::Response& response) {
    const std::lock_guard lock(mutex_);
    status_ = response.status;
    status_line_ = response.status_line;
    return {};
  }
  Result<> take(std::string_view piece) {
    const std::lock_guard lock(mutex_);
    waiting_ += piece;
    if (waiting_.size() > waiting_bytes_max) throttle_->close();
    progress_.notify();
    return {};
  }
  // `is_complete`: the server said that this was all.
  void end(Result<> result, bool is_complete) {
    const std::lock_guard lock(mutex_);
    is_complete_ = is_complete && status_ == 200;
    if (result && status_ != 200)
      result = std::unexpected(kubernetes::status_error(status_, status_line_, waiting_));
    if (status_ != 200) waiting_.clear();
    result_ = std::move(result);
    progress_.notify();
  }

  // On the tailer's strand. What has come since the last time; whether that is the end.
  bool swap(std::string& bytes) {
    bool is_over = false;
    {
      const std::lock_guard lock(mutex_);
      if (status_ == 200) bytes.append(std::exchange(waiting_, {}));
      is_over = result_.has_value();
    }
    throttle_->open();
    return is_over;
  }
  Result<> result() const {
    const std::lock_guard lock(mutex_);
    return *result_;
  }
  bool is_complete() const {
    const std::lock_guard lock(mutex_);
    return is_complete_;
  }
  Event& progress() { return progress_; }
  const std::shared_ptr<net::Throttle>& throttle() const { return throttle_; }

 private:
  const std::shared_ptr<net::Throttle> throttle_ = std::make_shared<net::Throttle>();
  Event progress_;
  mutable std::mutex mutex_;  // Guards everything below.
  int status_ = 0;
  std::string status_line_;
  std::string waiting_;
  std::optional<Result<>> result_;
  bool is_complete_ = false;
};

// Entries and the memory that they lie in.
struct PodTailer::Batch {
  std::string text;
  LogBatchBuilder builder;
};

PodTailer::PodTailer(const PodTailEnvironment& environment, PodTailSettings settings,
                     PodTarget target)
    : environment_(environment),
      settings_(std::move(settings)),
      target_(std::move(target)),
      key_(target_.position_key()),
      labels_(environment.store.intern(target_.labels.labels())),
      logger_(environment.logger.with({{"target", target_.id()}})),
      position_(find_position(*environment.positions, key_)) {}

PositionKey PodTailer::exact_key(const PositionKey& key) {
  return {"cursor-exact-" + key.path, key.labels};
}

PodTailer::Status PodTailer::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void PodTailer::report(WallTime when, std::string error) {
  const std::lock_guard lock(mutex_);
  status_ = {.last_error = std::move(error), .last_entry = when};
}

Task<> PodTailer::run(StopToken stop) {
  logger_.info("tailer running");
  Duration backoff = backoff_min;
  std::minstd_rand random(std::random_device{}());
  while (!stop.stop_requested()) {
    const auto result = co_await tail(stop);
    if (stop.stop_requested()) break;
    if (!result) {
      report(environment_.clock.wall(), result.error().message());
      logger_.warn("tailer stopped; will retry", {{"err", result.error()}});
    } else if (co_await has_ended(stop)) {
      logger_.info("container terminated, stopping tailer");
      break;
    }
    if (std::exchange(has_read_, false)) backoff = backoff_min;
    const double jitter = std::uniform_real_distribution<>(0.5, 1.0)(random);
    co_await environment_.clock.sleep(std::chrono::duration_cast<Duration>(backoff * jitter), stop);
    backoff = std::min(backoff * 2, backoff_max);
  }
  logger_.info("tailer exited");
}

std::string PodTailer::log_url() const {
  std::string url = settings_.client->url() +
                    kubernetes::core_path(target_.name_space, "pods", target_.pod) +
                    "/log?container=" + net::escape_query(target_.container) + "&follow=true";
  if (position_)
    url +=
        "&sinceTime=" + net::escape_query(kubernetes::format_time_in_seconds(position_->last_ns));
  return url + "&timestamps=true";
}

// One connection, to its end. Its end is no error, nor is that of its lifetime.
Task<Result<>> PodTailer::tail(StopToken stop) {
  if (!position_ && settings_.tail_from_end)
    position_ = {.last_ns = environment_.clock.wall().time_since_epoch().count(),
                 .lines_at_last = 0};
  Stream stream;
  net::Request request{.url = log_url(), .timeout = connection_lifetime, .body_size_max = 0};
  request.throttle = stream.throttle();
  request.on_head = [&stream](const net::Response& head) { return stream.take_head(head); };
  request.on_body = [&stream](std::string_view piece) { return stream.take(piece); };
  StopSource give_up;
  const std::stop_callback pass_on(stop, [&give_up] { give_up.request_stop(); });
  struct Fetch {
    static Task<> run(net::HttpClient* client, net::Request wanted, StopToken until, Stream* into) {
      auto response = co_await client->fetch(std::move(wanted), std::move(until));
      const bool is_old = !response && response.error().kind() == ErrorKind::timeout;
      into->end(response || is_old ? Result<>() : std::unexpected(response.error()),
                response.has_value());
    }
  };
  TaskGroup fetching(co_await boost::asio::this_coro::executor, TaskGroup::Strands::shared);
  fetching.spawn(
      Fetch::run(&settings_.client->http(), std::move(request), give_up.get_token(), &stream));
  PodLogReader reader(position_.value_or(PodLogPosition{}));
  rhythm_.pause();
  auto result = co_await hand_on(&stream, &reader, give_up.get_token());
  give_up.request_stop();
  stream.throttle()->open();
  co_await fetching.join();
  co_return result;
}

Task<Result<>> PodTailer::hand_on(Stream* stream, PodLogReader* reader, StopToken stop) {
  std::string rest;
  std::vector<PodLogLine> lines;
  bool is_over = false;
  while (!is_over) {
    const bool may_fall_silent = settings_.misses_rotation->load();
    const Wake wake = co_await stream->progress().wait(
        stop, may_fall_silent ? silence_interval : Duration::max());
    if (wake == Wake::stopped) co_return Result<>();
    if (wake == Wake::elapsed) {
      if (rhythm_.is_broken(environment_.clock.steady())) co_return Result<>();
      continue;
    }
    auto batch = std::make_shared<Batch>();
    batch->text = std::move(rest);
    is_over = stream->swap(batch->text);
    // A line that was cut off comes again as a whole, one that the log really ends with doesn't.
    const bool is_at_end = is_over && stream->is_complete();
    lines.clear();
    const size_t used = reader->read(
        batch->text, is_at_end ? PodLogReader::Part::last : PodLogReader::Part::more_to_come,
        environment_.clock.wall().time_since_epoch().count(), lines);
    rest = batch->text.substr(used);
    for (const PodLogLine& line : lines)
      batch->builder.entries().push_back(
          {.labels = &*labels_, .timestamp_ns = line.timestamp_ns, .line = line.text});
    CO_TRY(co_await deliver(batch, reader, stop));
  }
  co_return stream->result();
}

Task<Result<>> PodTailer::deliver(std::shared_ptr<Batch> batch, PodLogReader* reader,
                                  StopToken stop) {
  if (const uint64_t dropped = reader->take_dropped(); dropped > 0) {
    environment_.dropped_lines.add(static_cast<double>(dropped));
    logger_.warn("dropped lines that are older than those before them", {{"lines", dropped}});
  }
  if (batch->builder.entries().empty()) co_return Result<>();
  has_read_ = true;
  rhythm_.note(environment_.clock.steady());
  CO_TRY(co_await Forwarder::deliver(environment_.forwarder, batch->builder.entries(), batch,
                                     Duration::max(), std::move(stop)));
  commit(reader->position());
  co_return Result<>();
}

void PodTailer::commit(const PodLogPosition& position) {
  position_ = position;
  environment_.positions->put(key_, std::to_string(position.last_ns / nanoseconds_a_microsecond));
  environment_.positions->put(exact_key(key_), format_exact_position(position));
  report(WallTime(std::chrono::nanoseconds(position.last_ns)), "");
}

Task<bool> PodTailer::has_ended(StopToken stop) {
  const auto pod = co_await settings_.client->get(
      kubernetes::core_path(target_.name_space, "pods", target_.pod), pod_timeout, std::move(stop));
  if (!pod) {
    logger_.warn("could not get pod info; will retry tailing", {{"err", pod.error()}});
    co_return false;
  }
  const auto ended =
      has_container_ended(*pod, target_.container, target_.uid, environment_.clock.wall());
  if (!ended)
    logger_.warn("could not determine if container terminated; will retry tailing",
                 {{"err", ended.error()}});
  co_return ended.value_or(false);
}

}  // namespace alloy::loki
