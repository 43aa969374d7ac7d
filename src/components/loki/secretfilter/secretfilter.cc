// loki.secretfilter hides secrets in log lines: keys, tokens, passwords.
#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "component/component.h"
#include "components/loki/secretfilter/detector.h"
#include "components/loki/shared/live_logs.h"
#include "signals/digest.h"
#include "signals/go_strings.h"
#include "signals/log_batch_builder.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::secretfilter {
namespace {

constexpr uint64_t redact_percent_default = 80;

struct Arguments {
  std::vector<LogsReceiverPointer> forward_to;
  std::string origin_label;
  std::string redact_with;
  uint64_t redact_percent = redact_percent_default;
  std::string gitleaks_config;
  double rate = 1;
  Duration processing_timeout = Duration::zero();
  bool drop_on_timeout = false;
  bool label_timed_out = false;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::forward_to>("forward_to", "Where the log entries go."),
        optional<&Arguments::origin_label>("origin_label",
                                           "The label that the count of secrets shows as origin."),
        optional<&Arguments::redact_with>(
            "redact_with",
            "What stands for a secret; $SECRET_NAME and $SECRET_HASH are filled in."),
        optional<&Arguments::redact_percent>("redact_percent",
                                             "How much of a secret is hidden without redact_with."),
        optional<&Arguments::gitleaks_config>("gitleaks_config",
                                              "A file of rules; else the built-in ones."),
        optional<&Arguments::rate>("rate", "The share of lines that are searched."),
        optional<&Arguments::processing_timeout>("processing_timeout",
                                                 "How long a line may take; 0: any time."),
        optional<&Arguments::drop_on_timeout>("drop_on_timeout", "Drop lines that take longer."),
        optional<&Arguments::label_timed_out>(
            "label_timed_out", "Add secretfilter=\"timed-out\" to lines that take longer."));
  }
  Result<void> validate() const {
    if (rate >= 0 && rate <= 1) return {};
    return fail(
        fmt::format("secretfilter: rate must be between 0.0 and 1.0, received {:.6f}", rate));
  }
};

struct Exports {
  LogsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the entries to search."));
  }
};

struct Metrics {
  explicit Metrics(MetricRegistry& own)
      : registry(own),
        redacted(own.counter("loki_secretfilter_secrets_redacted_total",
                             "Total number of secrets that have been redacted.")),
        bypassed(
            own.counter("loki_secretfilter_entries_bypassed_total",
                        "Total number of entries forwarded without processing due to sampling.")),
        timed_out(own.counter("loki_secretfilter_lines_timed_out_total",
                              "Total number of log lines that exceeded the processing timeout, "
                              "regardless of whether they were dropped or forwarded unredacted.")),
        dropped(own.counter("loki_secretfilter_lines_dropped_total",
                            "Total number of log lines dropped due to processing timeout.")) {
    own.collector([seconds = seconds, lines = lines](MetricFamilies& out) {
      const std::string name = "loki_secretfilter_processing_duration_seconds";
      MetricFamily& family = out[name];
      family.name = name;
      family.help = "Summary of the time taken to process and redact logs in seconds.";
      family.type = MetricType::summary;
      family.samples.push_back({.name = name + "_sum", .labels = {}, .value = seconds->load()});
      family.samples.push_back({.name = name + "_count", .labels = {}, .value = lines->load()});
    });
  }

  MetricRegistry& registry;
  Counter& redacted;
  Counter& bypassed;
  Counter& timed_out;
  Counter& dropped;
  std::shared_ptr<std::atomic<double>> seconds = std::make_shared<std::atomic<double>>(0);
  std::shared_ptr<std::atomic<double>> lines = std::make_shared<std::atomic<double>>(0);
};

class Receiver final : public LogsReceiver {
 public:
  Receiver(SeriesStore& store, MetricRegistry& metrics, std::string name, LiveLogs live)
      : store_(store),
        metrics_(metrics),
        name_(std::move(name)),
        live_(std::move(live)),
        random_(std::random_device()()) {}

  void configure(Arguments arguments, std::shared_ptr<const Detector> detector) {
    fanout_.set_receivers(arguments.forward_to);
    const std::lock_guard lock(mutex_);
    detector_ = std::move(detector);
    arguments_ = std::move(arguments);
    const uint64_t percent = arguments_.redact_percent;
    if (percent < 1 || percent > 100) arguments_.redact_percent = redact_percent_default;
  }

  Result<void> receive(const LogBatch& batch) override {
    LogBatchBuilder out;
    std::vector<std::string> changes;
    {
      const std::lock_guard lock(mutex_);
      if (is_closed_) return fail(name_ + " has exited", ErrorKind::stopped);
      for (const LogEntry& entry : batch.entries) {
        LogEntry next = entry;
        if (!process(next, out)) continue;
        if (live_.is_read() && changes.size() < LiveLogs::records_max) {
          changes.push_back(fmt::format("{} => {}", entry.line, next.line));
        }
        out.entries().push_back(next);
      }
    }
    if (live_.is_watched()) live_.show(out.entries().size(), std::move(changes));
    return fanout_.receive(out.batch(batch.delivery, batch.read_at_ns));
  }

  void close() {
    fanout_.set_receivers({});
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }

  std::string capsule_display() const override { return name_; }

 private:
  // False: the entry is dropped.
  bool process(LogEntry& entry, LogBatchBuilder& out) {
    if (std::uniform_real_distribution<double>(0, 1)(random_) >= arguments_.rate) {
      metrics_.bypassed.add();
      return true;
    }
    const auto start = std::chrono::steady_clock::now();
    const auto spent = [&] { return std::chrono::steady_clock::now() - start; };
    const bool is_limited = arguments_.processing_timeout > Duration::zero();
    const auto is_late = [&] { return is_limited && spent() > arguments_.processing_timeout; };
    const auto findings = detector_->find(entry.line, is_late);
    const bool timed_out = is_late();
    metrics_.seconds->fetch_add(std::chrono::duration<double>(spent()).count());
    metrics_.lines->fetch_add(1);
    if (timed_out) {
      metrics_.timed_out.add();
      if (arguments_.drop_on_timeout) {
        metrics_.dropped.add();
        return false;
      }
      if (arguments_.label_timed_out) entry.labels = labelled(*entry.labels, out);
    }
    if (!findings.empty()) entry.line = out.keep(redacted(entry, findings));
    return true;
  }

  const Series* labelled(const Series& series, LogBatchBuilder& out) {
    LabelBuilder labels;
    labels.reset(store_.labels_of(series));
    labels.put("secretfilter", "timed-out");
    return out.hold(store_.intern(labels.labels()));
  }

  std::string redacted(const LogEntry& entry, const std::vector<Finding>& findings) {
    const std::string origin =
        arguments_.origin_label.empty()
            ? std::string()
            : std::string(store_.label(*entry.labels, arguments_.origin_label));
    std::string line(entry.line);
    for (const Finding& finding : findings) {
      std::string replacement;
      if (arguments_.redact_with.empty()) {
        replacement = masked(finding.secret, static_cast<unsigned>(arguments_.redact_percent));
      } else {
        replacement = replace_text(arguments_.redact_with, "$SECRET_NAME", finding.rule, -1);
        replacement = replace_text(replacement, "$SECRET_HASH", sha1_hex(finding.secret), -1);
      }
      line = replace_text(line, finding.secret, replacement, -1);
      metrics_.redacted.add();
      metrics_.registry
          .counter("loki_secretfilter_secrets_redacted_by_category_total",
                   "Number of secrets redacted, partitioned by rule name and origin label value.",
                   {{"origin", origin}, {"rule", std::string(finding.rule)}})
          .add();
    }
    return line;
  }

  SeriesStore& store_;
  Metrics metrics_;
  const std::string name_;
  const LiveLogs live_;
  LogsFanout fanout_;
  std::mutex mutex_;  // Guards everything below.
  Arguments arguments_;
  std::shared_ptr<const Detector> detector_;
  std::mt19937_64 random_;
  bool is_closed_ = false;
};

class SecretFilter final : public ComponentWith<Arguments, Exports> {
 public:
  using ComponentWith::ComponentWith;

  Result<> update(Arguments arguments) override {
    RuleSet rules;
    if (arguments.gitleaks_config.empty()) {
      rules = built_in_rules();
    } else {
      auto loaded = load_rules(arguments.gitleaks_config);
      if (!loaded) {
        return std::unexpected(
            std::move(loaded).error().with_context("failed to create gitleaks detector"));
      }
      rules = *std::move(loaded);
    }
    if (receiver_ == nullptr) {
      auto* store = options().services.find<SeriesStore>();
      ASSERT(store != nullptr);
      receiver_ = std::make_shared<Receiver>(
          *store, options().metrics, options().global_id() + ".receiver", LiveLogs(options()));
    }
    receiver_->configure(std::move(arguments), std::make_shared<const Detector>(std::move(rules)));
    set_exports({.receiver = receiver_});
    return {};
  }

  Task<> run(StopToken stop) override {
    Event never;
    while (co_await never.wait(stop) != Wake::stopped) {
    }
    receiver_->close();
  }

 private:
  std::shared_ptr<Receiver> receiver_;
};

}  // namespace
}  // namespace alloy::loki::secretfilter

namespace alloy {

extern const ComponentType loki_secretfilter;
const ComponentType loki_secretfilter = {
    .name = "loki.secretfilter",
    .doc = "Hides secrets in log lines.",
    .stability = Stability::public_preview,
    .supports_live_debugging = true,
    .arguments = &schema_of<loki::secretfilter::Arguments>,
    .exports = &schema_of<loki::secretfilter::Exports>,
    .create = create<loki::secretfilter::SecretFilter>,
};

}  // namespace alloy
