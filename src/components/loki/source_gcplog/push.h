// How Pub/Sub pushes: a request for each message, wrapped into JSON.
#pragma once

#include "components/loki/shared/http_source.h"
#include "components/loki/source_gcplog/log_entry.h"

namespace alloy::loki::source_gcplog {

class PushReader {
 public:
  PushReader(SeriesStore& store, Clock& clock, MetricRegistry& metrics)
      : store_(store), clock_(clock), metrics_(metrics) {}

  void configure(EntryOptions options);
  static Task<HttpSourceResult> read(std::shared_ptr<PushReader> self,
                                     std::shared_ptr<net::ServerRequest> request);

 private:
  Result<> add(std::string_view body, std::string_view tenant, LogBatchBuilder& entries,
               std::string_view* reason) const;

  SeriesStore& store_;
  Clock& clock_;
  MetricRegistry& metrics_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<const EntryOptions> options_;
};

}  // namespace alloy::loki::source_gcplog
