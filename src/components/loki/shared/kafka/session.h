// A consumer from its opening to its end, with one set of settings.
#pragma once

#include <optional>

#include "components/loki/shared/kafka/source.h"
#include "components/loki/shared/kafka/topic_filter.h"

namespace alloy::loki::kafka {

class Session {
 public:
  Session(const Options& options, Source::Report report, std::shared_ptr<Forwarder> forwarder,
          std::shared_ptr<const SourceSettings> settings);
  ~Session();

  // Until asked to stop. Fails when it can't even begin.
  Task<Result<>> run(StopToken stop);

 private:
  // A partition that we have.
  struct Owned {
    LabelSet labels;  // Finished; empty: its messages are dropped.
    uint64_t assignment = 0;
  };
  // What has been read of a partition in a batch.
  struct Reached {
    Partition partition;
    uint64_t assignment = 0;
    int64_t next_offset = 0;
  };
  struct Batch {
    LogBatchBuilder builder;
    std::vector<uint32_t> origins;  // Of each entry: its place in `reached`.
    std::vector<Reached> reached;
    size_t bytes = 0;
  };

  Task<> poll(StopToken stop);
  Task<> deliver(StopToken stop);
  Task<> follow_topics(StopToken stop);
  Task<> close();
  Task<> handle(ConsumerEvent event, StopToken stop);
  void take(const Message& message);
  void take(const Assigned& assigned);
  Task<> take_back(Partitions partitions);
  Task<> renew_token(StopToken stop);
  void take(const Failure& failure);
  void take(const Committed& committed);
  LabelSet labels_of(const Partition& partition) const;
  void read(const Message& message, const Owned& owned, Batch& batch);
  uint32_t note(const Partition& partition, uint64_t assignment, int64_t next_offset, Batch& batch);
  void forget(Batch& batch, const Partition& partition) const;
  void commit();
  bool is_full() const;
  void set_paused(bool is_paused);
  Partitions owned_partitions() const;

  const Options& options_;
  const Source::Report report_;
  const std::shared_ptr<Forwarder> forwarder_;
  const std::shared_ptr<const SourceSettings> settings_;
  SeriesStore& store_;
  Counter& dropped_;
  const TopicFilter filter_;
  const std::shared_ptr<Event> wake_ = std::make_shared<Event>();
  std::shared_ptr<Consumer> consumer_;
  std::map<Partition, Owned> owned_;
  uint64_t assignments_ = 0;
  std::shared_ptr<Batch> pending_ = std::make_shared<Batch>();
  Event ready_;      // Something is pending.
  Event room_;       // Less is pending than before.
  Event delivered_;  // A batch has gone on.
  bool is_delivering_ = false;
  bool is_paused_ = false;
  bool is_committing_ = false;
  Offsets committable_;
  Offsets committing_;
};

}  // namespace alloy::loki::kafka
