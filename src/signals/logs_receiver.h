// How logs pass from one component to the next.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/log_batch.h"
#include "values/capsule.h"

namespace alloy {

// Takes batches. What a component exports as `receiver` and others list in `forward_to`.
class LogsReceiver {
 public:
  virtual ~LogsReceiver() = default;

  // Plain and synchronous, from any thread, several at a time. It doesn't wait for the network.
  //
  // Success: the entries are taken, and durable once the batch's delivery is settled without
  // failure (a batch without delivery: best effort). What is dropped on purpose is taken.
  // An error: this receiver took nothing that counts. The source waits a little and hands on the
  // same batch with the same delivery; a source that can't wait drops it and counts that.
  // ErrorKind::full is back-pressure, which is no reason to log more than once.
  virtual Result<void> receive(const LogBatch& batch) = 0;

  // The type behind the interface, as the API shows receivers without a name.
  virtual std::string_view capsule_type_name() const { return "loki.LogsReceiver"; }
  // What the API shows: "loki.relabel.r.receiver"; empty: capsule("<type>").
  virtual std::string capsule_display() const { return {}; }
};

using LogsReceiverPointer = std::shared_ptr<LogsReceiver>;

template <>
struct CapsuleTraits<LogsReceiver> {
  static constexpr std::string_view name = "loki.LogsReceiver";
};

// Hands each batch to several receivers, one after another. A failing receiver doesn't keep the
// batch from the others; when the batch (with the same delivery) comes again, it goes only to those
// that have not taken it yet.
class LogsFanout {
 public:
  LogsFanout();

  // Takes effect with the next batch. Null receivers are left out.
  void set_receivers(std::vector<LogsReceiverPointer> receivers);
  // Shown every batch before it is handed on. Set before the first one comes.
  void set_observer(std::function<void(const LogBatch&)> observer) {
    observer_ = std::move(observer);
  }
  // The errors of all receivers that failed, joined; `full` if that was the kind of all of them.
  Result<void> receive(const LogBatch& batch);

 private:
  using Receivers = std::shared_ptr<const std::vector<LogsReceiverPointer>>;

  std::function<void(const LogBatch&)> observer_;
  std::mutex mutex_;  // Guards everything below.
  Receivers receivers_;
};

}  // namespace alloy
