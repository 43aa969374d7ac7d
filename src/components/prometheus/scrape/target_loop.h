// Scrapes one target, again and again.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "components/prometheus/scrape/buffer_pool.h"
#include "components/prometheus/scrape/failure_log.h"
#include "components/prometheus/scrape/ingest.h"
#include "components/prometheus/scrape/scrape_metrics.h"
#include "components/prometheus/scrape/scrape_target.h"
#include "components/prometheus/scrape/shed_scrapes.h"
#include "net/http_client.h"
#include "services/scrape_gate.h"
#include "signals/metrics_receiver.h"

namespace alloy::prometheus::scrape {

// How all targets of a component are scraped; replaced as a whole.
struct LoopSettings {
  std::shared_ptr<net::HttpClient> client;
  IngestSettings ingest;
  std::string job;
  std::string accept;
  std::string fallback_protocol;
  bool enable_compression = true;
  bool extra_metrics = false;
  size_t body_size_limit = 0;
  wire::NativeHistograms native_histograms = wire::NativeHistograms::ignored;
  std::string forced_error;  // Fails every scrape without a request; empty: none.
  std::shared_ptr<FailureLog> failure_log;
};

// What the loops of a component share; outlives them.
struct LoopEnvironment {
  SeriesStore& store;
  MetricsFanout& receivers;
  ScrapeMetrics& metrics;
  BufferPool<std::string>& bodies;
  BufferPool<IngestScratch>& scratches;
  Clock& clock;
  Logger logger;
  Event& changed;  // Notified when a loop has returned.
  ShedScrapes& shed;
  // Null where nothing is limited.
  MemoryBudget* memory = nullptr;
  ScrapeGate* gate = nullptr;
};

struct TargetStatus {
  std::string url;
  LabelSet labels;
  std::string health = "unknown";
  std::string last_error;
  WallTime last_scrape{};
  Duration last_duration{};
  size_t series = 0;        // That are known of it.
  size_t samples = 0;       // Of the last scrape, as the following.
  size_t series_added = 0;  // New since the one before.
};

class TargetLoop {
 public:
  TargetLoop(LoopEnvironment& environment, ScrapeTarget target,
             std::shared_ptr<const LoopSettings> settings);
  ~TargetLoop();
  TargetLoop(const TargetLoop&) = delete;
  TargetLoop& operator=(const TargetLoop&) = delete;

  // Scrapes until stopped. Once, on a strand of its own.
  Task<> run();

  // From any thread: goes on with other settings, or with another way to reach what has the same
  // public labels.
  void update(ScrapeTarget target, std::shared_ptr<const LoopSettings> settings);
  enum class Ending : unsigned char {
    at_once,       // The series go on later: no markers.
    handed_over,   // The series go on elsewhere when the term is over: no markers.
    with_markers,  // The target is gone: marks its series after two more intervals.
  };
  void stop(Ending ending);
  TargetStatus status() const;
  // The public labels; they never change.
  const LabelSet& labels() const { return labels_; }
  bool has_returned() const { return has_returned_; }

 private:
  struct Fetched;
  struct Reports;
  struct Current {
    ScrapeTarget target;
    std::shared_ptr<const LoopSettings> settings;
  };

  std::shared_ptr<const Current> current() const;
  StopToken sleep_token() const;
  bool is_stopped() const;
  SteadyTime first_scrape_time(const ScrapeTarget& target) const;
  bool is_missed() const;
  WallTime due_time(const ScrapeTarget& target, SteadyTime next) const;
  std::optional<SteadyTime> next_wake();
  int64_t next_timestamp(Duration interval);
  enum class Turn : unsigned char { taken, left_out, interrupted };
  Task<Turn> take_turn();
  Task<> scrape();
  void shed(ShedReason reason);
  Task<Fetched> fetch(std::shared_ptr<const Current> now, std::string* body);
  Result<void> ingest(const LoopSettings& settings, std::string& body, Fetched& fetched,
                      int64_t time_ms, IngestScratch& scratch, IngestCounts& counts);
  void add_reports(const Current& now, int64_t time_ms, const Reports& reports,
                   IngestScratch& scratch);
  bool is_metadata_due(const LoopSettings& settings);
  void describe_reports(size_t count, std::vector<SeriesMetadata>& metadata) const;
  void report_failure(const Current& now, const std::string& error);
  Task<> mark_gone(SteadyTime next, Duration interval);
  void pass_on(IngestScratch& scratch);

  LoopEnvironment& environment_;
  const LabelSet labels_;
  Ingest ingest_;
  std::vector<SeriesRef> report_series_;
  SteadyTime last_start_{};
  SteadyTime next_{};  // When the next scrape is due.
  Duration interval_{};
  uint64_t updates_seen_ = 0;
  bool is_past_term_ = false;  // Waits until it is ours again.
  ScrapeGate::Turn turn_;
  std::optional<WallTime> aligned_;  // When the scrape was due whose time was used last.
  SteadyTime metadata_due_{};        // When all metadata is passed on once more.
  std::atomic<bool> has_returned_ = false;
  StopSource fetch_stop_;

  mutable std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<const Current> current_;
  uint64_t updates_ = 0;
  std::optional<Ending> ending_;
  StopSource sleep_stop_;  // Of the sleep that is going on.
  TargetStatus status_;
};

}  // namespace alloy::prometheus::scrape
