// Where the entries for endpoints of equal settings are written into push requests: an open one for
// each tenant and lane, and the log that finished ones go to. What goes into the log is what goes
// on the wire.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "components/loki/write/endpoint_metrics.h"
#include "components/loki/write/request.h"
#include "queue/log.h"

namespace alloy::loki::write {

class Outbox {
 public:
  struct Options {
    std::shared_ptr<queue::Log> log;
    const SeriesStore& store;
    Clock& clock;
    Logger logger;
    queue::FileSystem* files = &queue::real_file_system();
  };

  Outbox(Options options, EncodingSettings settings);
  ~Outbox();

  // From any thread. When it returns, the batch survives the process, or its delivery is kept until
  // it does.
  void receive(const LogBatch& batch);
  // Whether each of its endpoints has as much waiting as the queue may hold, or, while the disk
  // refuses more, as much as belongs into memory.
  bool is_full() const;
  // Finishes the open requests, full or not.
  void seal();
  // Finishes open requests when their time has come, until asked to stop.
  static Task<> run(std::shared_ptr<Outbox> self, StopToken stop);

  // The endpoints that send what goes in here: the names of their readers, and who counts.
  struct Member {
    std::string key;
    std::shared_ptr<EndpointMetrics> metrics;
  };
  void set_members(std::vector<Member> members);

  const EncodingSettings& settings() const { return settings_; }
  const std::shared_ptr<queue::Log>& log() const { return options_.log; }

 private:
  OpenRequest& request_of(const Stream& stream);
  void group(const LogBatch& batch);
  void write(const LogBatch& batch, Stream& stream, int64_t read_at_us);
  bool write(OpenRequest& request, Stream& stream, const LogEntry& entry, const LogBatch& batch,
             int64_t read_at_us);
  void drop(const LogBatch& batch, std::string_view reason);
  void count_dropped(const Stream& stream, std::string_view reason, const LogEntry& entry);
  void seal(OpenRequest& request);
  void seal_within(const LogBatch& batch, OpenRequest& request);
  void sweep();
  // Seals what is due; returns when to look again.
  SteadyTime seal_due();

  Options options_;
  const EncodingSettings settings_;
  Event opened_;              // A request got its first entry.
  mutable std::mutex mutex_;  // Guards everything below.
  std::vector<Member> members_;
  Streams streams_;
  Packer packer_;
  std::map<std::pair<std::string, size_t>, std::unique_ptr<OpenRequest>> requests_;
  size_t next_file_ = 0;
  SteadyTime swept_at_;
  // Scratch of a batch: its streams, and the next entry of the same stream.
  uint64_t batch_number_ = 0;
  std::vector<Stream*> streams_of_batch_;
  std::vector<uint32_t> next_;
};

}  // namespace alloy::loki::write
