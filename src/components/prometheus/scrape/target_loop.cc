// The life of a target: wait, fetch, read, pass on, report.
#include "components/prometheus/scrape/target_loop.h"

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/scrape/protocols.h"
#include "components/prometheus/scrape/report_metrics.h"

namespace alloy::prometheus::scrape {

namespace {

// Timestamps are moved by up to this much to lie exactly an interval apart, which compresses well.
constexpr Duration alignment_max = 2ms;
// For how much longer than two intervals a target must be gone before its series are marked.
constexpr int grace_divisor = 10;

// Metadata is passed on once more from time to time, for receivers that are new.
constexpr Duration metadata_interval = 1min;

size_t count_reports(const LoopSettings& settings) {
  return settings.extra_metrics ? report_count_extra : report_count_plain;
}

// Clocks are not read at exactly the same time.
constexpr Duration place_tolerance = 50ms;

// What net::Request has in place of no limit.
constexpr size_t body_size_max = size_t{512} << 20;

// How large a body may become: a buffer that grows is there twice, and others grow as well.
size_t room_for(const std::string& body, MemoryBudget* memory) {
  if (memory == nullptr || memory->limit() == 0) return SIZE_MAX;
  return std::max<size_t>({memory->room() / 4, body.capacity(), 1});
}

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// The place of a target in the interval: spread over all of it, and the same on every machine.
int64_t place_of(const ScrapeTarget& target) {
  return static_cast<int64_t>(target.key() % static_cast<uint64_t>(target.interval.count()));
}

// The first moment at or after `when` that is the target's.
WallTime first_due(const ScrapeTarget& target, WallTime when) {
  const int64_t interval = target.interval.count();
  const int64_t past = (when.time_since_epoch().count() - place_of(target)) % interval;
  return when + Duration((interval - past) % interval);
}

}  // namespace

// What came back from the target.
struct TargetLoop::Fetched {
  Result<void> result;
  bool lacks_memory = false;
  bool is_protobuf = false;
  wire::TextFormat format = wire::TextFormat::prometheus;
  double body_size = 0;  // As scrape_body_size_bytes says it: -1 for one over the limit.
};

struct TargetLoop::Reports {
  bool is_up = false;
  Duration duration{};
  IngestCounts counts;
  double body_size = 0;
};

TargetLoop::TargetLoop(LoopEnvironment& environment, ScrapeTarget target,
                       std::shared_ptr<const LoopSettings> settings)
    : environment_(environment),
      labels_(target.public_labels),
      ingest_(environment.store, target.public_labels) {
  ingest_.set_memory(environment.memory);
  for (const ReportMetric& metric : report_metrics) {
    report_series_.push_back(ingest_.report_series(metric.name));
  }
  status_.labels = labels_;
  update(std::move(target), std::move(settings));
}

TargetLoop::~TargetLoop() = default;

void TargetLoop::update(ScrapeTarget target, std::shared_ptr<const LoopSettings> settings) {
  const std::lock_guard lock(mutex_);
  status_.url = target.url;
  current_ = std::make_shared<const Current>(std::move(target), std::move(settings));
  ++updates_;
  sleep_stop_.request_stop();
}

void TargetLoop::stop(Ending ending) {
  if (ending == Ending::at_once) fetch_stop_.request_stop();
  const std::lock_guard lock(mutex_);
  ending_ = ending;
  sleep_stop_.request_stop();
}

std::shared_ptr<const TargetLoop::Current> TargetLoop::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

TargetStatus TargetLoop::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool TargetLoop::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return ending_ == Ending::at_once;
}

// Ends the sleep when something changes.
StopToken TargetLoop::sleep_token() const {
  const std::lock_guard lock(mutex_);
  return sleep_stop_.get_token();
}

// When a target is scraped first: at its place in the interval, within its term.
SteadyTime TargetLoop::first_scrape_time(const ScrapeTarget& target) const {
  const WallTime now = environment_.clock.wall();
  // If the term has just begun, its first moment may be missed by a bit, but is ours all the same.
  const WallTime begin = target.term.from > now - target.interval ? target.term.from : now;
  return environment_.clock.steady() + (first_due(target, begin) - now);
}

// The exact time of day of a scrape, which is what the old owner of a target and the new one must
// agree on.
WallTime TargetLoop::due_time(const ScrapeTarget& target, SteadyTime next) const {
  const WallTime about = environment_.clock.wall() + (next - environment_.clock.steady());
  const Duration tolerance = std::min(place_tolerance, target.interval / 10);
  const WallTime place = first_due(target, about - tolerance);
  return place <= about + tolerance ? place : about;
}

// When to wake for the next scrape; nothing: never again.
std::optional<SteadyTime> TargetLoop::next_wake() {
  const std::lock_guard lock(mutex_);
  if (ending_ && *ending_ != Ending::handed_over) return std::nullopt;
  sleep_stop_ = StopSource();
  const ScrapeTarget& target = current_->target;
  if (updates_seen_ != updates_) {
    updates_seen_ = updates_;
    const bool has_begun = last_start_ != SteadyTime();
    const SteadyTime first = first_scrape_time(target);
    if (next_ == SteadyTime() || is_past_term_ || interval_ != target.interval) {
      interval_ = target.interval;
      next_ = first;
      aligned_.reset();
    } else if (!has_begun && (first < next_ || due_time(target, next_) < target.term.from)) {
      next_ = first;
    }
  }
  const bool is_bounded = target.term.until != WallTime::max();
  is_past_term_ = is_bounded && due_time(target, next_) >= target.term.until;
  if (ending_ && (!is_bounded || is_past_term_)) return std::nullopt;
  return is_past_term_ ? SteadyTime::max() : next_;
}

bool TargetLoop::is_missed() const {
  const Clock& clock = environment_.clock;
  return current()->target.is_missed(clock.wall(), clock.steady() - next_);
}

Task<> TargetLoop::run() {
  while (const auto wake = next_wake()) {
    const Wake woken = co_await environment_.clock.sleep_until(*wake, sleep_token());
    if (woken != Wake::elapsed) continue;
    if (co_await take_turn() == Turn::interrupted) continue;
    next_ += interval_;
    // What could not be started in time is left out, as a ticker does.
    if (const SteadyTime now = environment_.clock.steady(); next_ < now) {
      next_ += (now - next_) / interval_ * interval_;
    }
  }
  if (last_start_ != SteadyTime()) co_await mark_gone(next_, interval_);
  Event& changed = environment_.changed;
  has_returned_ = true;  // The last that is done with this.
  changed.notify();
}

// Scrapes as soon as there is time and memory for it; what has to wait until the next scrape is due
// is left out. It writes nothing then, not even `up`: nobody knows how the target is.
Task<TargetLoop::Turn> TargetLoop::take_turn() {
  if (is_missed()) co_return Turn::left_out;
  ScrapeGate* gate = environment_.gate;
  if (gate == nullptr) {
    co_await scrape();
    co_return Turn::taken;
  }
  turn_.interval = interval_;
  turn_.needs_memory = ingest_.cache().size() == 0;
  const SteadyTime now = environment_.clock.steady();
  const SteadyTime until = next_ + ((now - next_) / interval_ + 1) * interval_;
  switch (co_await gate->enter(&turn_, until, sleep_token())) {
    case ScrapeGate::Verdict::interrupted:
      co_return Turn::interrupted;
    case ScrapeGate::Verdict::overloaded:
      shed(ShedReason::overload);
      co_return Turn::left_out;
    case ScrapeGate::Verdict::no_memory:
      shed(ShedReason::memory);
      co_return Turn::left_out;
    case ScrapeGate::Verdict::admitted:
      break;
  }
  if (!is_missed() && !is_stopped()) co_await scrape();
  gate->leave(turn_);
  co_return Turn::taken;
}

void TargetLoop::shed(ShedReason reason) { environment_.shed.count(reason, interval_); }

// The time of the samples: now, or when the scrape was due if that is nearly the same.
int64_t TargetLoop::next_timestamp(Duration interval) {
  const WallTime now = environment_.clock.wall();
  if (!aligned_) {
    aligned_ = now;
  } else {
    const Duration tolerance = std::min(alignment_max, interval / 100);
    const auto intervals = (now - *aligned_ + interval / 2) / interval;
    const WallTime due = *aligned_ + intervals * interval;
    const Duration late = now - due;
    aligned_ = due;
    if (late >= -tolerance && late <= tolerance) return to_unix_milliseconds(due);
  }
  return to_unix_milliseconds(now);
}

Task<> TargetLoop::scrape() {
  const std::shared_ptr<const Current> held = current();
  const Current& now = *held;
  const SteadyTime start = environment_.clock.steady();
  if (last_start_ != SteadyTime()) {
    environment_.metrics.observe_interval(now.target.interval, in_seconds(start - last_start_));
  }
  last_start_ = start;
  const int64_t time_ms = next_timestamp(now.target.interval);
  const WallTime wall_start = environment_.clock.wall();

  auto body = environment_.bodies.borrow();
  Fetched fetched = co_await fetch(held, &*body);
  if (is_stopped()) co_return;
  if (fetched.lacks_memory) co_return shed(ShedReason::memory);

  auto scratch = environment_.scratches.borrow();
  Reports reports{.body_size = fetched.body_size};
  ingest_.configure(now.settings->ingest);
  const bool repeats_metadata = is_metadata_due(*now.settings);
  if (repeats_metadata) ingest_.families().mark_untold();
  const Result<void> result =
      ingest(*now.settings, *body, fetched, time_ms, *scratch, reports.counts);
  if (reports.counts.lacks_memory) co_return shed(ShedReason::memory);
  reports.is_up = result.has_value();
  reports.duration = environment_.clock.steady() - start;
  add_reports(now, time_ms, reports, *scratch);
  if (repeats_metadata) describe_reports(count_reports(*now.settings), scratch->metadata);
  pass_on(*scratch);
  environment_.metrics.count_scrape(in_seconds(reports.duration), reports.counts);

  if (!result) report_failure(now, result.error().message());
  const std::lock_guard lock(mutex_);
  status_.health = result ? "up" : "down";
  status_.last_error = result ? std::string() : result.error().message();
  status_.last_scrape = wall_start;
  status_.last_duration = reports.duration;
  status_.series = ingest_.cache().size();
  status_.samples = reports.counts.samples;
  status_.series_added = reports.counts.series_added;
}

Task<TargetLoop::Fetched> TargetLoop::fetch(std::shared_ptr<const Current> now, std::string* body) {
  const LoopSettings& settings = *now->settings;
  body->clear();
  Fetched fetched;
  if (!settings.forced_error.empty()) {
    fetched.result = fail(settings.forced_error);
    co_return fetched;
  }
  net::Request request;
  request.url = now->target.url;
  request.headers = {
      {"Accept", settings.accept},
      {"X-Prometheus-Scrape-Timeout-Seconds", format_double(in_seconds(now->target.timeout))}};
  request.timeout = now->target.timeout;
  request.into = body;
  // A body of exactly the limit is too large already.
  request.body_size_max = settings.body_size_limit > 1 ? settings.body_size_limit - 1 : 0;
  const size_t room = room_for(*body, environment_.memory);
  const bool is_short = room < (request.body_size_max > 0 ? request.body_size_max : body_size_max);
  if (is_short) request.body_size_max = room;
  request.decoding = net::Decoding::gzip_strict;
  if (!settings.enable_compression) request.headers.add("Accept-Encoding", "identity");
  auto response = co_await settings.client->fetch(std::move(request), fetch_stop_.get_token());
  if (!response) {
    if (response.error().kind() == ErrorKind::full && is_short) {
      fetched.lacks_memory = true;
    } else if (response.error().kind() == ErrorKind::full) {
      environment_.metrics.count_body_limit();
      fetched.body_size = -1;
      fetched.result = fail("body size limit exceeded");
    } else {
      fetched.result = std::unexpected(std::move(response).error());
    }
    co_return fetched;
  }
  if (response->status != 200) {
    fetched.result = fail("server returned HTTP status " + response->status_line);
    co_return fetched;
  }
  fetched.body_size = static_cast<double>(body->size());
  if (body->empty()) co_return fetched;  // In whatever format.
  auto format = body_format(response->headers.get("Content-Type"), settings.fallback_protocol);
  if (!format) {
    fetched.result = std::unexpected(std::move(format).error());
  } else {
    fetched.is_protobuf = format->is_protobuf;
    fetched.format = format->text;
    if (!format->warning.empty()) {
      environment_.logger.debug(format->warning, {{"target", now->target.url}});
    }
  }
  co_return fetched;
}

Result<void> TargetLoop::ingest(const LoopSettings& settings, std::string& body, Fetched& fetched,
                                int64_t time_ms, IngestScratch& scratch, IngestCounts& counts) {
  scratch.clear();
  if (!fetched.result || body.empty()) {
    ingest_.read_nothing(time_ms, scratch);
    return fetched.result;
  }
  scratch.natives.clear();
  scratch.body_error.reset();
  std::string* text = &body;
  if (fetched.is_protobuf) {
    text = &scratch.rewritten;
    text->clear();
    fetched.format = wire::TextFormat::protobuf;
    const auto start_times =
        settings.ingest.zero_samples ? wire::StartTimes::as_lines : wire::StartTimes::ignored;
    if (auto written = wire::write_as_text(body, settings.native_histograms, *text, scratch.natives,
                                           start_times);
        !written) {
      scratch.body_error = std::move(written).error();
    }
  } else if (fetched.format == wire::TextFormat::prometheus) {
    wire::ExpositionParser::with_last_newline(body);
  }
  auto result = ingest_.read(*text, fetched.format, time_ms, scratch, counts);
  if (counts.duplicates > 0) {
    environment_.logger.warn(
        "Error on ingesting samples with different value but same timestamp",
        {{"target", status().url}, {"job", settings.job}, {"num_dropped", counts.duplicates}});
  }
  if (counts.inconvertible > 0) {
    environment_.logger.warn(
        "Error on converting classic histograms that contradict themselves",
        {{"target", status().url}, {"job", settings.job}, {"num_dropped", counts.inconvertible}});
  }
  if (counts.out_of_bounds > 0) {
    environment_.logger.warn(
        "Error on ingesting samples that are too old or are too far into the future",
        {{"target", status().url}, {"job", settings.job}, {"num_dropped", counts.out_of_bounds}});
  }
  return result;
}

void TargetLoop::add_reports(const Current& now, int64_t time_ms, const Reports& reports,
                             IngestScratch& scratch) {
  const double values[report_count_extra] = {
      reports.is_up ? 1.0 : 0.0,
      in_seconds(reports.duration),
      static_cast<double>(reports.counts.samples),
      static_cast<double>(reports.counts.after_relabeling),
      static_cast<double>(reports.counts.series_added),
      in_seconds(now.target.timeout),
      static_cast<double>(now.settings->ingest.sample_limit),
      reports.body_size,
  };
  const size_t count = count_reports(*now.settings);
  for (size_t i = 0; i < count; ++i) {
    scratch.samples.push_back({report_series_[i].get(), time_ms, values[i]});
  }
}

bool TargetLoop::is_metadata_due(const LoopSettings& settings) {
  if (!settings.ingest.honor_metadata || last_start_ < metadata_due_) return false;
  metadata_due_ = last_start_ + metadata_interval;
  return true;
}

void TargetLoop::describe_reports(size_t count, std::vector<SeriesMetadata>& metadata) const {
  for (size_t i = 0; i < count; ++i) {
    const ReportMetric& metric = report_metrics[i];
    metadata.push_back({report_series_[i].get(), {FamilyType::gauge, metric.help, metric.unit}});
  }
}

void TargetLoop::pass_on(IngestScratch& scratch) {
  const MetricBatch batch = scratch.batch();
  if (const auto passed = environment_.receivers.receive(batch); !passed) {
    environment_.logger.warn("failed to pass on samples",
                             {{"target", status().url}, {"err", passed.error()}});
  }
  ingest_.release();
}

// The log gets each reason once until it changes; the failure log gets everything.
void TargetLoop::report_failure(const Current& now, const std::string& error) {
  const bool is_news = status().last_error != error;
  environment_.logger.log(
      is_news ? LogLevel::warn : LogLevel::debug, "Scrape failed",
      {{"scrape_pool", now.settings->job}, {"target", now.target.url}, {"err", error}});
  if (now.settings->failure_log) {
    now.settings->failure_log->write(environment_.clock.wall(), now.settings->job, now.target.url,
                                     error);
  }
}

// The target is gone, but may come back on its own or have moved to another node: only after two
// intervals and a bit its series are said to have ended, as of when they were next due.
Task<> TargetLoop::mark_gone(SteadyTime next, Duration interval) {
  for (const SteadyTime when :
       {next, next + interval, next + interval + interval / grace_divisor}) {
    {
      const std::lock_guard lock(mutex_);
      if (ending_ != Ending::with_markers) co_return;
      sleep_stop_ = StopSource();
    }
    const Wake woken = co_await environment_.clock.sleep_until(when, sleep_token());
    if (woken != Wake::elapsed) co_return;
  }
  const SteadyTime due = next;
  const Duration ago = environment_.clock.steady() - due;
  const int64_t time_ms = to_unix_milliseconds(environment_.clock.wall() - ago);
  auto scratch = environment_.scratches.borrow();
  scratch->clear();
  ingest_.read_nothing(time_ms, *scratch);
  const size_t count = count_reports(*current()->settings);
  for (size_t i = 0; i < count; ++i) {
    scratch->samples.push_back({report_series_[i].get(), time_ms, stale_marker()});
  }
  pass_on(*scratch);
}

}  // namespace alloy::prometheus::scrape
