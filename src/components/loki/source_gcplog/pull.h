// Takes messages of a Pub/Sub subscription over its HTTP interface, and acknowledges what has
// become durable.
#pragma once

#include "component/component.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/source_gcplog/log_entry.h"
#include "components/shared/cloud_tokens/token_source.h"

namespace alloy::loki::source_gcplog {

struct Subscription {
  std::string project;
  std::string name;
  int64_t messages_max = 1000;
  int64_t bytes_max = 1 << 30;
};

class Puller {
 public:
  static Result<std::shared_ptr<Puller>> create(const Options& options, Subscription subscription,
                                                EntryOptions entries,
                                                std::shared_ptr<Forwarder> forwarder);

  static Task<> run(std::shared_ptr<Puller> self, StopToken stop);

 private:
  struct Batch {
    LogBatchBuilder builder;
    std::vector<std::string> acknowledgements;
    uint64_t refused = 0;
  };
  Puller(const Options& options, Subscription subscription, EntryOptions entries,
         std::shared_ptr<Forwarder> forwarder);

  // Waits until there are some; none after a while.
  Task<Result<std::shared_ptr<Batch>>> pull(StopToken stop);
  Task<Result<>> hand_on(std::shared_ptr<Batch> batch, StopToken stop);
  Task<Result<std::string>> ask(std::string operation, std::string body, StopToken stop);
  std::shared_ptr<Batch> read(const std::vector<std::pair<std::string, std::string>>& messages);
  int64_t messages_at_once() const;

  Clock& clock_;
  const Logger logger_;
  const Subscription subscription_;
  const EntryOptions entry_options_;
  const std::shared_ptr<Forwarder> forwarder_;
  SeriesStore& store_;
  Counter& entries_;
  Counter& errors_;
  Gauge& last_success_;
  std::string url_;
  std::shared_ptr<net::HttpClient> client_;
  std::shared_ptr<cloud_tokens::TokenSource> tokens_;  // Null: the emulator needs none.
  int64_t message_bytes_ = 1024;                       // About what a message has.
};

}  // namespace alloy::loki::source_gcplog
