#include "components/loki/source_docker/container_tail.h"

#include <charconv>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "base/time_layout.h"
#include "signals/log_batch_builder.h"

namespace alloy::loki::source_docker {
namespace {

constexpr Duration restart_interval = 5s;
constexpr int64_t second_ns = 1'000'000'000;
constexpr size_t error_size_max = 64 << 10;

PositionKey key_of(const std::string& container_id, const std::string& labels) {
  return {"cursor-" + container_id, labels};
}

int64_t to_integer(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string seconds_text(int64_t timestamp_ns) { return std::to_string(timestamp_ns / second_ns); }

}  // namespace

Result<std::shared_ptr<Places>> Places::open(const std::string& folder) {
  TRY(auto seconds, PositionsFile::open(folder + "/positions.yml"));
  TRY(auto exact, PositionsFile::open(folder + "/positions_exact.yml"));
  return std::shared_ptr<Places>(new Places(std::move(seconds), std::move(exact)));
}

Place Places::get(const std::string& container_id, const std::string& labels) const {
  PositionKey key = key_of(container_id, labels);
  auto seconds = seconds_->get(key);
  if (!seconds) {
    const Positions others = seconds_->all_of(key.path);
    if (others.empty()) return {};
    key = others.begin()->first;
    seconds = others.begin()->second;
  }
  // "1714979290000000000 1"; of no use when somebody else has moved the other file on.
  if (const auto exact = exact_->get(key)) {
    const size_t blank = std::min(exact->find(' '), exact->size());
    const Place place{.timestamp_ns = to_integer(std::string_view(*exact).substr(0, blank)),
                      .count = static_cast<uint64_t>(to_integer(
                          std::string_view(*exact).substr(std::min(blank + 1, exact->size()))))};
    if (seconds_text(place.timestamp_ns) == *seconds) return place;
  }
  return {.timestamp_ns = to_integer(*seconds) * second_ns, .count = 0};
}

void Places::put(const std::string& container_id, const std::string& labels, Place place) {
  const PositionKey key = key_of(container_id, labels);
  exact_->put(key, fmt::format("{} {}", place.timestamp_ns, place.count));
  seconds_->put(key, seconds_text(place.timestamp_ns));
}

void Places::forget(const std::string& container_id) {
  for (PositionsFile* file : {seconds_.get(), exact_.get()})
    for (const auto& [key, position] : file->all_of("cursor-" + container_id)) file->remove(key);
}

std::string Places::text(const std::string& container_id, const std::string& labels) const {
  return seconds_->get(key_of(container_id, labels)).value_or("");
}

Result<> Places::save() {
  TRY(exact_->save());
  return seconds_->save();
}

ContainerTail::ContainerTail(Environment environment, Logger logger,
                             std::shared_ptr<DockerEngine> engine, std::string container_id,
                             LabelSet labels, const RelabelRulesPointer& rules)
    : environment_(std::move(environment)),
      logger_(std::move(logger)),
      engine_(std::move(engine)),
      container_id_(std::move(container_id)),
      labels_(std::move(labels)),
      labels_text_(labels_.describe()),
      standard_output_(series_of("stdout", rules)),
      standard_error_(series_of("stderr", rules)),
      place_(environment_.places->get(container_id_, labels_text_)) {}

// Without labels, if the rules drop the target, as the original does it.
SeriesRef ContainerTail::series_of(std::string_view output,
                                   const RelabelRulesPointer& rules) const {
  LabelBuilder labels;
  labels.reset(labels_.labels());
  labels.set("__meta_docker_container_log_stream", output);
  if (rules && !rules->apply(labels)) labels.reset();
  labels.erase_if(
      [](const Label& label) { return label.name.starts_with("__") || label.value.empty(); });
  return environment_.store.intern(labels.labels());
}

Task<> ContainerTail::run(std::shared_ptr<ContainerTail> self, StopToken stop) {
  while (!stop.stop_requested()) {
    const auto followed = co_await self->follow(stop);
    self->set_running(false);
    if (stop.stop_requested()) break;
    if (!followed) {
      if (followed.error().kind() == ErrorKind::not_found) {
        self->logger_.info("container no longer exists, stopping tailer",
                           {{"err", followed.error()}});
        self->set_error(followed.error().message());
        break;
      }
      if (self->status().last_error != followed.error().message())
        self->logger_.error("could not fetch logs for container", {{"err", followed.error()}});
      self->set_error(followed.error().message());
    }
    co_await self->environment_.clock.sleep(restart_interval, stop);
  }
}

std::string ContainerTail::logs_path() const {
  std::string since = seconds_text(place_.timestamp_ns);
  if (const int64_t rest = place_.timestamp_ns % second_ns; rest != 0)
    since += fmt::format(".{:09}", rest);
  return fmt::format("/containers/{}/logs?follow=1&since={}&stderr=1&stdout=1&tail=&timestamps=1",
                     container_id_, since);
}

// Once through the logs, until they end.
Task<Result<>> ContainerTail::follow(StopToken stop) {
  static const TimeLayout layout("2006-01-02T15:04:05.999999999Z07:00");
  CO_TRY(const auto about,
         co_await engine_->get(fmt::format("/containers/{}/json", container_id_), stop));
  const JsonNode state = about.root()["State"];
  const bool has_terminal = about.root()["Config"]["Tty"].boolean();
  const bool is_alive = state["Running"].boolean();
  const auto finished = layout.parse(state["FinishedAt"].text());
  CO_TRY(about.check());
  // One that has ended has nothing new to say since we have read to the end.
  const bool has_ended = finished && !is_alive && last_read_ &&
                         finished->unix_nanoseconds() < last_read_->time_since_epoch().count();
  if (has_ended) co_return Result<>();
  set_running(true);
  CO_TRY(std::string url, co_await engine_->url_of(logs_path(), stop));
  TaskGroup filling(co_await boost::asio::this_coro::executor, TaskGroup::Strands::shared);
  const auto stream = std::make_shared<net::AnswerStream>();
  StopSource give_up;
  const std::stop_callback pass_on(stop, [&give_up] { give_up.request_stop(); });
  net::Request request{.url = std::move(url), .timeout = 0s, .body_size_max = 0};
  filling.spawn(
      net::AnswerStream::fill(stream, engine_->client(), std::move(request), give_up.get_token()));
  const auto form = has_terminal ? LogStream::Form::terminal : LogStream::Form::frames;
  const auto read = co_await this->read(stream, form, give_up.get_token());
  give_up.request_stop();
  co_await filling.join();
  co_return read;
}

Task<Result<>> ContainerTail::read(std::shared_ptr<net::AnswerStream> stream, LogStream::Form form,
                                   StopToken stop) {
  LogStream log(form);
  LinesLeftOut noted;
  Place skipped{.timestamp_ns = place_.timestamp_ns, .count = place_.count};
  std::string refusal;
  while (true) {
    CO_TRY(const std::string bytes, co_await stream->read(stop));
    if (stream->status() != 200) {
      refusal.append(bytes, 0, error_size_max - refusal.size());
      if (!bytes.empty()) continue;
      co_return std::unexpected(
          docker_engine_error(stream->status(), stream->status_line(), refusal));
    }
    std::vector<LogLine> lines;
    const Result<> fed = bytes.empty() ? Result<>() : log.feed(bytes, lines);
    if (bytes.empty()) log.finish(lines);
    last_read_ = environment_.clock.wall();
    set_error("");
    note_left_out({.without_timestamp = log.left_out().without_timestamp - noted.without_timestamp,
                   .too_long = log.left_out().too_long - noted.too_long});
    noted = log.left_out();
    CO_TRY(co_await hand_on(std::move(lines), &skipped, stop));
    CO_TRY(fed);
    if (bytes.empty()) co_return Result<>();
  }
}

// Whether an earlier connection has brought the line already.
bool ContainerTail::is_known(const LogLine& line, Place& skipped) const {
  if (line.timestamp_ns < skipped.timestamp_ns) return true;
  if (line.timestamp_ns > skipped.timestamp_ns || skipped.count == 0) return false;
  --skipped.count;
  return true;
}

struct ContainerTail::Batch {
  std::vector<LogLine> lines;
  std::vector<LogEntry> entries;
};

Task<Result<>> ContainerTail::hand_on(std::vector<LogLine> lines, Place* skipped, StopToken stop) {
  const auto batch = std::make_shared<Batch>();
  batch->lines = std::move(lines);
  Place reached = place_;
  for (const LogLine& line : batch->lines) {
    if (is_known(line, *skipped)) continue;
    reached.count = line.timestamp_ns == reached.timestamp_ns ? reached.count + 1 : 1;
    reached.timestamp_ns = line.timestamp_ns;
    batch->entries.push_back(
        {.labels = line.output == Output::standard ? standard_output_.get() : standard_error_.get(),
         .timestamp_ns = line.timestamp_ns,
         .line = line.text});
  }
  if (batch->entries.empty()) co_return Result<>();
  CO_TRY(co_await Forwarder::deliver(environment_.forwarder, batch->entries, batch, Duration::max(),
                                     stop));
  environment_.entries.add(static_cast<double>(batch->entries.size()));
  place_ = reached;
  environment_.places->put(container_id_, labels_text_, place_);
  co_return Result<>();
}

void ContainerTail::note_left_out(const LinesLeftOut& left_out) {
  if (left_out.without_timestamp > 0)
    logger_.error("could not extract timestamp, skipping lines",
                  {{"count", std::to_string(left_out.without_timestamp)}});
  if (left_out.too_long > 0)
    logger_.error("lines too big, skipping", {{"count", std::to_string(left_out.too_long)}});
  environment_.parsing_errors.add(
      static_cast<double>(left_out.without_timestamp + left_out.too_long));
}

ContainerTail::Status ContainerTail::status() const {
  const std::lock_guard lock(mutex_);
  return {.is_running = is_running_,
          .last_error = last_error_,
          .position = environment_.places->text(container_id_, labels_text_)};
}

void ContainerTail::set_running(bool is_running) {
  const std::lock_guard lock(mutex_);
  is_running_ = is_running;
}

void ContainerTail::set_error(std::string error) {
  const std::lock_guard lock(mutex_);
  last_error_ = std::move(error);
}

}  // namespace alloy::loki::source_docker
