// The receiver of loki.process: sends batches through the pipeline and passes on what comes out.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "components/loki/process/pipeline.h"
#include "components/loki/shared/live_logs.h"
#include "signals/log_batch_builder.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::process {

class Processor final : public LogsReceiver {
 public:
  Processor(SeriesStore& store, Clock& clock, std::string name, LiveLogs live);
  ~Processor() override;

  // A null pipeline leaves the present one. What the old one still holds back goes to the old
  // receivers.
  void configure(std::unique_ptr<Pipeline> pipeline, std::vector<LogsReceiverPointer> forward_to);
  Result<void> receive(const LogBatch& batch) override;
  // Passes on lines whose time has come. Errors are those of the receivers, which get the lines
  // again the next time.
  Result<void> flush();
  // When flush() has something to do; none: not before more lines have come.
  std::optional<SteadyTime> next_flush();
  // Called, under a lock, when there is something to flush that wasn't there before.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Passes on what is held back, and takes no more batches. Returns how many lines nobody took and
  // no source will hand on again.
  uint64_t close();
  std::vector<StageCounts> counts() const;

  std::string capsule_display() const override { return name_; }

 private:
  // A pipeline and the buffers of the threads that are in receive().
  struct Installed {
    std::unique_ptr<Pipeline> pipeline;
    std::vector<std::unique_ptr<Run>> free;
  };
  // Lines that were refused, until they are asked for again.
  struct Refused {
    explicit Refused(SeriesStore& store) : store_of_labels(store) {}
    LogBatchBuilder lines;
    DeliveryPointer of_batch;
    DeliveryPointer delivery;
    int64_t read_at_ns = 0;
    SeriesStore& store_of_labels;
  };

  std::unique_ptr<Run> take_run(Installed& installed);
  Result<void> send(Run& run, const LogBatch& batch);
  Result<void> send_again(Refused& refused);
  std::unique_ptr<Refused> keep(const LogBatch& batch, DeliveryPointer of_batch);
  void remember(std::unique_ptr<Refused> refused);
  uint64_t flush_all(Installed& installed, LogsFanout& fanout);
  void show(std::string_view direction, std::span<const LogEntry> entries) const;

  SeriesStore& store_;
  Clock& clock_;
  const std::string name_;
  const LiveLogs live_;
  LogsFanout fanout_;
  std::function<void()> wake_;

  mutable std::mutex mutex_;  // Guards everything below; held while the pipeline works.
  std::shared_ptr<Installed> installed_;
  std::vector<LogsReceiverPointer> forward_to_;
  bool is_closed_ = false;
  std::optional<SteadyTime> announced_flush_;

  std::mutex refused_mutex_;                                     // Guards everything below.
  std::map<const Delivery*, std::unique_ptr<Refused>> refused_;  // By the delivery that came.
  std::vector<std::unique_ptr<Refused>> refused_flushes_;
};

}  // namespace alloy::loki::process
