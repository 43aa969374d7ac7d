// Batches go through the pipeline under a lock, since stages have state, and on without it.
#include "components/loki/process/processor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/time_text.h"
#include "signals/json/json_value.h"

namespace alloy::loki::process {
namespace {

// More batches than this are never under way from sources that wait.
constexpr size_t refused_max = 256;

DeliveryPointer joined(const DeliveryPointer& batch, std::vector<DeliveryPointer> released) {
  released.push_back(batch);
  return Delivery::join(std::move(released));
}

}  // namespace

Processor::Processor(SeriesStore& store, Clock& clock, std::string name, LiveLogs live)
    : store_(store), clock_(clock), name_(std::move(name)), live_(std::move(live)) {}

Processor::~Processor() = default;

void Processor::configure(std::unique_ptr<Pipeline> pipeline,
                          std::vector<LogsReceiverPointer> forward_to) {
  const std::lock_guard lock(mutex_);
  if (pipeline != nullptr) {
    if (installed_ != nullptr) flush_all(*installed_, fanout_);
    installed_ = std::make_shared<Installed>();
    installed_->pipeline = std::move(pipeline);
    announced_flush_.reset();
  }
  forward_to_ = std::move(forward_to);
  fanout_.set_receivers(forward_to_);
}

std::unique_ptr<Run> Processor::take_run(Installed& installed) {
  if (installed.free.empty()) return std::make_unique<Run>(store_, clock_);
  auto run = std::move(installed.free.back());
  installed.free.pop_back();
  return run;
}

Result<void> Processor::receive(const LogBatch& batch) {
  if (batch.delivery != nullptr) {
    std::unique_ptr<Refused> refused;
    {
      const std::lock_guard lock(refused_mutex_);
      const auto found = refused_.find(batch.delivery.get());
      if (found != refused_.end()) {
        refused = std::move(found->second);
        refused_.erase(found);
      }
    }
    // The stages have seen these lines already.
    if (refused != nullptr) {
      auto result = send_again(*refused);
      if (!result) remember(std::move(refused));
      return result;
    }
  }
  std::unique_ptr<Run> run;
  std::shared_ptr<Installed> installed;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return fail(name_ + " has exited", ErrorKind::stopped);
    installed = installed_;
    if (installed->pipeline->is_full()) {
      return fail(name_ + " holds back as many lines as it may", ErrorKind::full);
    }
    if (live_.is_watched()) show("IN", batch.entries);
    run = take_run(*installed);
    run->begin(batch.delivery);
    installed->pipeline->process(batch, *run);
    const auto next = installed->pipeline->deadline();
    if (next && !announced_flush_ && wake_) wake_();
    announced_flush_ = next;
  }
  auto result = send(*run, batch);
  run->delivery = nullptr;
  run->released.clear();
  const std::lock_guard lock(mutex_);
  installed->free.push_back(std::move(run));
  return result;
}

Result<void> Processor::send(Run& run, const LogBatch& batch) {
  if (live_.is_watched()) show("OUT", run.out);
  if (run.out.empty()) return {};
  const LogBatch out{.entries = run.out,
                     .delivery = joined(batch.delivery, std::move(run.released)),
                     .read_at_ns = batch.read_at_ns};
  auto result = fanout_.receive(out);
  if (result) return result;
  if (batch.delivery == nullptr) {
    // Nobody hands them on again. Lines that were held back earlier fail with it.
    if (out.delivery != nullptr) out.delivery->fail();
    return result;
  }
  remember(keep(out, batch.delivery));
  return result;
}

std::unique_ptr<Processor::Refused> Processor::keep(const LogBatch& batch,
                                                    DeliveryPointer of_batch) {
  auto refused = std::make_unique<Refused>(store_);
  refused->of_batch = std::move(of_batch);
  refused->delivery = batch.delivery;
  refused->read_at_ns = batch.read_at_ns;
  for (const LogEntry& entry : batch.entries) {
    LogBatchBuilder& lines = refused->lines;
    lines.entries().push_back({.labels = lines.hold(store_.share(*entry.labels)),
                               .timestamp_ns = entry.timestamp_ns,
                               .line = lines.keep(entry.line),
                               .structured_metadata = lines.keep(entry.structured_metadata),
                               .parsed = lines.keep(entry.parsed)});
  }
  return refused;
}

Result<void> Processor::send_again(Refused& refused) {
  return fanout_.receive(refused.lines.batch(refused.delivery, refused.read_at_ns));
}

void Processor::remember(std::unique_ptr<Refused> refused) {
  const std::lock_guard lock(refused_mutex_);
  if (refused->of_batch == nullptr) {
    refused_flushes_.push_back(std::move(refused));
    return;
  }
  if (refused_.size() >= refused_max) {
    // Of a source that doesn't come again.
    refused_.begin()->second->delivery->fail();
    refused_.erase(refused_.begin());
  }
  const Delivery* key = refused->of_batch.get();
  refused_[key] = std::move(refused);
}

Result<void> Processor::flush() {
  std::vector<std::unique_ptr<Refused>> earlier;
  {
    const std::lock_guard lock(refused_mutex_);
    earlier = std::exchange(refused_flushes_, {});
  }
  Result<void> result;
  for (auto& refused : earlier) {
    if (result) result = send_again(*refused);
    if (!result) remember(std::move(refused));
  }
  if (!result) return result;
  std::unique_ptr<Run> run;
  std::shared_ptr<Installed> installed;
  {
    const std::lock_guard lock(mutex_);
    if (installed_ == nullptr || is_closed_) return {};
    installed = installed_;
    run = take_run(*installed);
    run->begin(nullptr);
    installed->pipeline->flush(clock_.steady(), *run);
    announced_flush_ = installed->pipeline->deadline();
  }
  if (!run->out.empty()) {
    if (live_.is_watched()) show("OUT", run->out);
    const LogBatch out{.entries = run->out, .delivery = joined(nullptr, std::move(run->released))};
    result = fanout_.receive(out);
    if (!result) remember(keep(out, nullptr));
  }
  run->released.clear();
  const std::lock_guard lock(mutex_);
  installed->free.push_back(std::move(run));
  return result;
}

std::optional<SteadyTime> Processor::next_flush() {
  {
    const std::lock_guard lock(refused_mutex_);
    if (!refused_flushes_.empty()) return clock_.steady();
  }
  const std::lock_guard lock(mutex_);
  if (installed_ == nullptr || is_closed_) return std::nullopt;
  const auto next = installed_->pipeline->deadline();
  if (!next) return std::nullopt;
  // A line that comes now may have to go earlier than those that wait already.
  return std::min(*next, clock_.steady() + *installed_->pipeline->wait_min());
}

uint64_t Processor::flush_all(Installed& installed, LogsFanout& fanout) {
  auto run = take_run(installed);
  run->begin(nullptr);
  installed.pipeline->flush(SteadyTime::max(), *run);
  if (run->out.empty()) return 0;
  if (live_.is_watched()) show("OUT", run->out);
  const LogBatch out{.entries = run->out, .delivery = joined(nullptr, std::move(run->released))};
  if (fanout.receive(out)) return 0;
  // What nobody takes is read again by sources that wait for its delivery.
  if (out.delivery == nullptr) return out.entries.size();
  out.delivery->fail();
  return 0;
}

uint64_t Processor::close() {
  uint64_t lost = 0;
  {
    const std::lock_guard lock(refused_mutex_);
    for (const auto& [delivery, refused] : refused_) refused->delivery->fail();
    refused_.clear();
    for (const auto& refused : refused_flushes_) {
      if (refused->delivery != nullptr) {
        refused->delivery->fail();
      } else if (!send_again(*refused)) {
        lost += refused->lines.entries().size();
      }
    }
    refused_flushes_.clear();
  }
  const std::lock_guard lock(mutex_);
  if (!is_closed_ && installed_ != nullptr) lost += flush_all(*installed_, fanout_);
  is_closed_ = true;
  fanout_.set_receivers({});
  return lost;
}

std::vector<StageCounts> Processor::counts() const {
  const std::lock_guard lock(mutex_);
  return installed_ == nullptr ? std::vector<StageCounts>() : installed_->pipeline->counts();
}

void Processor::show(std::string_view direction, std::span<const LogEntry> entries) const {
  std::vector<std::string> records;
  for (const LogEntry& entry : entries) {
    if (!live_.is_read() || records.size() >= LiveLogs::records_max) break;
    std::string metadata = "{";
    for (const Label& label : entry.structured_metadata) {
      if (metadata.size() > 1) metadata += ',';
      append_json_text(label.name, metadata);
      metadata += ':';
      append_json_text(label.value, metadata);
    }
    const auto time = WallTime(std::chrono::nanoseconds(entry.timestamp_ns));
    records.push_back(fmt::format(
        "[{}]: timestamp: {}, entry: {}, labels: {}, structured_metadata: {}}}", direction,
        format_rfc3339(time), entry.line, store_.describe(*entry.labels), metadata));
  }
  // Only what goes out counts.
  live_.show(direction == "OUT" ? entries.size() : 0, std::move(records));
}

}  // namespace alloy::loki::process
