// loki.source.cloudflare pulls the logs of a zone from Cloudflare, window by window.
#include <charconv>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "component/component.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/shared/positions.h"
#include "components/loki/source_cloudflare/fields.h"
#include "components/shared/cloud_tokens/token_source.h"
#include "components/shared/json.h"
#include "net/answer_stream.h"
#include "net/url.h"
#include "services/identity.h"
#include "signals/log_batch_builder.h"

namespace alloy::loki::source_cloudflare {
namespace {

struct Arguments {
  Secret api_token;
  std::string zone_id;
  std::map<std::string, std::string> labels;
  int64_t workers = 3;
  Duration pull_range = 1min;
  FieldsType fields_type = FieldsType::standard;
  std::vector<std::string> additional_fields;
  std::vector<LogsReceiverPointer> forward_to;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::api_token>("api_token", "Token of the API."),
        required<&T::zone_id>("zone_id", "The zone."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::workers>("workers", "Requests at once."),
        optional<&T::pull_range>("pull_range", "How long a window is."),
        optional<&T::fields_type>("fields_type", "default, minimal, extended, all or custom."),
        optional<&T::additional_fields>("additional_fields", "Fields besides those of the type."),
        required<&T::forward_to>("forward_to", "Where the entries go."));
  }
  Result<> validate() const {
    if (pull_range <= 0s) return fail("pull_range must be a positive duration", ErrorKind::invalid);
    if (workers < 1) return fail("workers must be greater than zero", ErrorKind::invalid);
    return {};
  }
};

// Logs are complete only after so long.
constexpr Duration delay = 1min;
constexpr Duration save_interval = 1s;
constexpr Duration pull_timeout = 10min;
constexpr Duration pause_min = 1s;
constexpr Duration pause_max = 10s;
constexpr size_t line_size_max = 16 << 20;
constexpr size_t refusal_size_max = 64 << 10;

struct Range {
  WallTime start;
  WallTime end;
};

std::vector<Range> split(Range whole, int64_t parts) {
  std::vector<Range> ranges;
  const Duration length = (whole.end - whole.start) / parts;
  for (int64_t i = 0; i < parts; ++i)
    ranges.push_back(
        {whole.start + i * length, i == parts - 1 ? whole.end : whole.start + (i + 1) * length});
  return ranges;
}

int64_t timestamp_of(std::string_view line, WallTime now) {
  const auto document = JsonDocument::parse(line);
  if (!document) return now.time_since_epoch().count();
  const int64_t time = document->root()["EdgeStartTimestamp"].integer();
  return document->check() && time != 0 ? time : now.time_since_epoch().count();
}

struct DebugInfo {
  bool ready = false;
  std::map<std::string, std::string> details;

  static constexpr auto schema() {
    return fields(required<&DebugInfo::ready>("ready", "Whether it pulls."),
                  required<&DebugInfo::details>("target_info", "What it pulls."));
  }
};

class Cloudflare final : public AwaitingComponentWith<Arguments> {
 public:
  explicit Cloudflare(Options options);
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  // What stays the same for as long as the arguments do.
  struct Target {
    Arguments arguments;
    PositionKey key;
    std::string fields;
    SeriesRef labels;
  };
  using TargetPointer = std::shared_ptr<const Target>;

  Task<> pull_windows(TargetPointer target, StopToken stop);
  Task<Result<>> pull_window(TargetPointer target, Range window, StopToken stop);
  Task<> pull_range(TargetPointer target, Range range, Result<>* result, StopToken stop);
  Task<Result<>> pull_once(TargetPointer target, Range range, StopToken stop);
  Task<Result<>> hand_on(TargetPointer target, std::string text, StopToken stop);
  WallTime position_of(const Target& target) const;
  Task<> save_positions(StopToken stop);
  void set_error(std::string error);

  SeriesStore& store_;
  const std::shared_ptr<Forwarder> forwarder_;
  Counter& entries_;
  Counter& skipped_;
  Gauge& last_end_;
  std::shared_ptr<PositionsFile> positions_;
  std::shared_ptr<net::HttpClient> client_;
  Event changed_;
  mutable std::mutex mutex_;  // Guards what follows against debug_info().
  TargetPointer target_;
  std::string error_;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Cloudflare::Cloudflare(Options options)
    : AwaitingComponentWith(std::move(options)),
      store_(store_of(this->options())),
      forwarder_(std::make_shared<Forwarder>(clock())),
      entries_(this->options().metrics.counter(
          "loki_source_cloudflare_target_entries_total",
          "Total number of successful entries sent via the cloudflare target.")),
      skipped_(this->options().metrics.counter(
          "loki_source_cloudflare_target_skipped_ranges_total",
          "Total number of ranges of time that Cloudflare keeps no more.")),
      last_end_(this->options().metrics.gauge(
          "loki_source_cloudflare_target_last_requested_end_timestamp",
          "The last cloudflare request end timestamp fetched. This allows to calculate how far the "
          "target is behind.")) {}

Task<Result<>> Cloudflare::update(Arguments arguments) {
  if (positions_ == nullptr) {
    struct Opener {
      std::string folder;
      Result<std::shared_ptr<PositionsFile>> operator()() const {
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        if (error) return fail(fmt::format("mkdir {}: {}", folder, error.message()));
        return PositionsFile::open(folder + "/positions.yml");
      }
    };
    CO_TRY(positions_,
           co_await run_blocking(options().executor.blocking(), Opener{options().data_path}));
    const auto* identity = options().services.find<Identity>();
    net::HttpClientOptions client;
    if (identity != nullptr) client.user_agent = identity->user_agent;
    client.proxy.from_environment = true;
    CO_TRY(client_, net::HttpClient::create(options().executor.any(), std::move(client)));
  }
  auto target = std::make_shared<Target>();
  for (const std::string& field : fields_of(arguments.fields_type, arguments.additional_fields))
    target->fields += (target->fields.empty() ? "" : ",") + field;
  LabelBuilder labels;
  for (const auto& [name, value] : arguments.labels) labels.set(name, value);
  target->labels = store_.intern(labels.labels());
  target->key = {"cursor-" + arguments.zone_id, labels.build().describe()};
  forwarder_->set_receivers(arguments.forward_to);
  target->arguments = std::move(arguments);
  const std::lock_guard lock(mutex_);
  target_ = std::move(target);
  changed_.notify();
  co_return Result<>();
}

Task<> Cloudflare::run(StopToken stop) {
  TaskGroup saving(options().strand, TaskGroup::Strands::shared);
  saving.spawn(save_positions(stop));
  while (!stop.stop_requested()) {
    StopSource end;
    const std::stop_callback pass_on(stop, [&end] { end.request_stop(); });
    TaskGroup pulling(options().strand, TaskGroup::Strands::shared);
    const TargetPointer target = target_;
    pulling.spawn(pull_windows(target, end.get_token()));
    while (!stop.stop_requested() && target == target_) co_await changed_.wait(stop);
    end.request_stop();
    co_await pulling.join();
  }
  co_await saving.join();
  (void)co_await run_blocking(options().executor.blocking(),
                              [positions = positions_] { return positions->save(); });
}

// The end of the next window.
WallTime Cloudflare::position_of(const Target& target) const {
  const auto text = positions_->get(target.key);
  int64_t ns = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), ns);
  return ns == 0 ? clock().wall() : WallTime(std::chrono::nanoseconds(ns));
}

Task<> Cloudflare::pull_windows(TargetPointer target, StopToken stop) {
  WallTime next = position_of(*target);
  Duration pause = pause_min;
  while (!stop.stop_requested()) {
    const WallTime end = std::min(next, clock().wall() - delay);
    const Range window{end - target->arguments.pull_range, end};
    const auto pulled = co_await pull_window(target, window, stop);
    if (stop.stop_requested()) break;
    set_error(pulled ? "" : pulled.error().message());
    if (!pulled) {
      logger().error("failed to pull logs", {{"err", pulled.error()},
                                             {"start", format_rfc3339(window.start)},
                                             {"end", format_rfc3339(window.end)}});
      report_unhealthy(pulled.error().message());
      co_await clock().sleep(pause, stop);
      pause = std::min(2 * pause, pause_max);
      next = end;  // The same window again.
      continue;
    }
    report_healthy("pulling logs");
    pause = pause_min;
    last_end_.set(static_cast<double>(end.time_since_epoch().count()) / 1e9);
    next = end + target->arguments.pull_range;
    positions_->put(target->key, std::to_string(next.time_since_epoch().count()));
    const Duration wait = next - (clock().wall() - delay);
    if (wait > 0s) co_await clock().sleep(wait, stop);
  }
}

// Each worker has a part of the window.
Task<Result<>> Cloudflare::pull_window(TargetPointer target, Range window, StopToken stop) {
  const auto ranges = split(window, target->arguments.workers);
  std::vector<Result<>> results(ranges.size());
  TaskGroup workers(options().strand, TaskGroup::Strands::shared);
  for (size_t i = 0; i < ranges.size(); ++i)
    workers.spawn(pull_range(target, ranges[i], &results[i], stop));
  co_await workers.join();
  for (Result<>& result : results) CO_TRY(result);
  co_return Result<>();
}

// Only what has failed is pulled again.
Task<> Cloudflare::pull_range(TargetPointer target, Range range, Result<>* result, StopToken stop) {
  constexpr int tries = 5;
  Duration pause = pause_min;
  for (int i = 0; i < tries && !stop.stop_requested(); ++i) {
    if (i > 0) co_await clock().sleep(pause, stop);
    if (i > 0) pause = std::min(2 * pause, pause_max);
    *result = co_await pull_once(target, range, stop);
    if (*result) co_return;
    const std::string& message = result->error().message();
    if (message.contains("too early: logs older than")) {
      logger().warn("failed iterating over logs, out of cloudflare range, not retrying",
                    {{"err", result->error()},
                     {"start", format_rfc3339(range.start)},
                     {"end", format_rfc3339(range.end)}});
      skipped_.add(1);
      *result = {};
      co_return;
    }
  }
}

Task<Result<>> Cloudflare::pull_once(TargetPointer target, Range range, StopToken stop) {
  std::string base = cloud_tokens::environment("ALLOY_CLOUDFLARE_API_URL");
  if (base.empty()) base = "https://api.cloudflare.com/client/v4";
  const std::string query = net::encode_query({{"start", format_rfc3339(range.start)},
                                               {"end", format_rfc3339(range.end)},
                                               {"fields", target->fields},
                                               {"timestamps", "unixnano"}});
  net::Request request{
      .url = fmt::format("{}/zones/{}/logs/received?{}", base, target->arguments.zone_id, query),
      .timeout = pull_timeout,
      .body_size_max = 0};
  request.headers.add("Authorization", "Bearer " + target->arguments.api_token.value);
  const auto stream = std::make_shared<net::AnswerStream>();
  StopSource give_up;
  const std::stop_callback pass_on(stop, [&give_up] { give_up.request_stop(); });
  TaskGroup filling(options().strand, TaskGroup::Strands::shared);
  filling.spawn(net::AnswerStream::fill(stream, client_, std::move(request), give_up.get_token()));
  Result<> result;
  std::string unread;
  while (result) {
    auto bytes = co_await stream->read(stop);
    if (!bytes) result = std::unexpected(bytes.error());
    if (!bytes) break;
    const bool is_end = bytes->empty();
    unread += *bytes;
    const bool is_refusal = stream->status() != 200;
    if (is_refusal && (is_end || unread.size() > refusal_size_max))
      result = fail(fmt::format("HTTP status {}: {}", stream->status(),
                                std::string_view(unread).substr(0, refusal_size_max)));
    if (!result || (is_refusal && !is_end)) continue;
    const size_t whole = is_end ? unread.size() : unread.rfind('\n') + 1;
    if (whole == 0 && unread.size() > line_size_max) result = fail("a line is too long");
    if (whole > 0) result = co_await hand_on(target, unread.substr(0, whole), stop);
    unread.erase(0, whole);
    if (is_end) break;
  }
  give_up.request_stop();
  co_await filling.join();
  co_return result;
}

Task<Result<>> Cloudflare::hand_on(TargetPointer target, std::string text, StopToken stop) {
  struct Batch {
    std::string text;
    std::vector<LogEntry> entries;
  };
  const auto batch = std::make_shared<Batch>();
  batch->text = std::move(text);
  for (const std::string_view line : alloy::split(batch->text, '\n')) {
    if (line.empty()) continue;
    batch->entries.push_back({.labels = target->labels.get(),
                              .timestamp_ns = timestamp_of(line, clock().wall()),
                              .line = line});
  }
  CO_TRY(co_await Forwarder::deliver(forwarder_, batch->entries, batch, Duration::max(), stop));
  entries_.add(static_cast<double>(batch->entries.size()));
  co_return Result<>();
}

Task<> Cloudflare::save_positions(StopToken stop) {
  while (co_await clock().sleep(save_interval, stop) == Wake::elapsed) {
    const auto saved = co_await run_blocking(
        options().executor.blocking(), [positions = positions_] { return positions->save(); });
    if (!saved) logger().error("error writing positions file", {{"error", saved.error()}});
  }
}

void Cloudflare::set_error(std::string error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

std::optional<Described> Cloudflare::debug_info() const {
  const std::lock_guard lock(mutex_);
  return described(DebugInfo{.ready = error_.empty(),
                             .details = {{"zone_id", target_->arguments.zone_id},
                                         {"error", error_},
                                         {"position", positions_->get(target_->key).value_or("")},
                                         {"fields", target_->fields}}});
}

}  // namespace
}  // namespace alloy::loki::source_cloudflare

namespace alloy {

extern const ComponentType loki_source_cloudflare = {
    .name = "loki.source.cloudflare",
    .doc = "Pulls the logs of a zone from Cloudflare.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_cloudflare::Arguments>,
    .create = create<loki::source_cloudflare::Cloudflare>,
};

}  // namespace alloy
