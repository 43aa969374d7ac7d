// Where the samples for endpoints of equal encoding settings are written into requests: one open
// request for each lane (of each tenant), which survives a kill in a mapped file, and the log that
// finished ones go to. What goes into the log is what goes on the wire.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "components/prometheus/remote_write/batch_extras.h"
#include "components/prometheus/remote_write/encoding_settings.h"
#include "components/prometheus/remote_write/request_reader.h"
#include "components/prometheus/remote_write/tenant_table.h"
#include "queue/log.h"
#include "queue/open_batch.h"
#include "signals/metric_batch.h"
#include "signals/relabel_cache.h"

namespace alloy::prometheus::remote_write {

class Outbox {
 public:
  struct Options {
    std::shared_ptr<queue::Log> log;
    SeriesStore& store;
    Clock& clock;
    Logger logger;
    queue::FileSystem* files = &queue::real_file_system();
  };
  // What never became part of a request.
  struct Dropped {
    queue::Counts by_relabelling = {};
    uint64_t custom_bucket_histograms = 0;  // Which protocol 1.0 can't carry.
    queue::Counts by_tenant = {};           // Of series without a valid one.
  };

  Outbox(Options options, EncodingSettings settings);
  ~Outbox();

  // From any thread. When it returns, the batch survives the process.
  void receive(const MetricBatch& batch);
  // Finishes the open requests, full or not.
  void seal();
  // Gives up what nobody has used for a while, and the files of requests that were not begun.
  void give_back();
  // Finishes open requests when their time has come, until asked to stop.
  static Task<> run(std::shared_ptr<Outbox> self, StopToken stop);

  // Spreads series over so many lanes from now on.
  void set_lanes(size_t lanes);
  size_t lanes() const;

  Dropped dropped() const;
  int64_t newest_timestamp_ms() const;
  const EncodingSettings& settings() const { return settings_; }
  const std::shared_ptr<queue::Log>& log() const { return options_.log; }

 private:
  struct Lane;

  const Series* transform(const Series& series, size_t kind, uint32_t& tenant);
  Lane& lane_of(const Series& series, uint32_t tenant);
  template <class Item>
  bool write(size_t kind, const Item& item, const Series& series, uint32_t tenant,
             const Extras& extras);
  void add_samples(const MetricBatch& batch);
  void add_histograms(const MetricBatch& batch);
  void add_exemplars(const MetricBatch& batch);
  void commit_all();
  std::unique_ptr<Lane> open_lane(size_t index, uint32_t tenant);
  std::unique_ptr<Lane> take_oldest_lane();
  void assign(Lane& lane, size_t index, uint32_t tenant);
  void start(Lane& lane);
  void commit(Lane& lane);
  void seal(Lane& lane);
  void close_lanes(bool only_idle);
  void sweep();
  // Seals what is due; returns when to look again.
  SteadyTime seal_due();

  Options options_;
  EncodingSettings settings_;
  bool transforms_;
  uint32_t generation_;       // Lanes of different generations are not in step with each other.
  Event opened_;              // A lane got its first sample.
  mutable std::mutex mutex_;  // Guards everything below.
  RelabelCache cache_;
  MetadataTable metadata_;  // Only of protocol 2.0, as the following.
  BatchExtras extras_;
  std::optional<TenantTable> tenants_;
  size_t lane_count_ = 1;
  std::vector<std::vector<std::unique_ptr<Lane>>> lanes_;  // By tenant and number; null: not open.
  std::vector<Lane*> open_;                                // All of them.
  size_t next_file_ = 0;
  std::string packed_;     // The request that was finished last.
  std::string enveloped_;  // The same with its tenant.
  Dropped dropped_;
  int64_t newest_timestamp_ms_ = 0;
  SteadyTime swept_at_;
};

// Makes a record of a request that an earlier process left open.
bool finish_open_request(std::span<const char> bytes, queue::RecordInfo& info,
                         std::string& payload);

}  // namespace alloy::prometheus::remote_write
