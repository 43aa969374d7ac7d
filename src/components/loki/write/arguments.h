// The arguments of loki.write.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/shared/http_client_arguments.h"
#include "schema/byte_size.h"
#include "schema/fields.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::write {

struct QueueArguments {
  ByteSize capacity = ByteSize::mib(10);
  int64_t min_shards = 1;
  Duration drain_timeout = 15s;
  bool block_on_overflow = true;

  static constexpr auto schema() {
    using T = QueueArguments;
    return fields(
        optional<&T::capacity>("capacity", "How much may wait for the endpoint, compressed."),
        optional<&T::min_shards>("min_shards", "How many requests may be on their way at once."),
        optional<&T::drain_timeout>("drain_timeout",
                                    "How long the end of the program waits for what can be sent."),
        optional<&T::block_on_overflow>(
            "block_on_overflow",
            "Whether senders of logs have to wait while the queue is over its capacity, instead of "
            "new entries being dropped."));
  }
  Result<> validate() const;
  bool operator==(const QueueArguments&) const = default;
};

struct EndpointArguments {
  std::string name;
  std::string url;
  Duration batch_wait = 1s;
  ByteSize batch_size = ByteSize::mib(1);
  Duration remote_timeout = 10s;
  std::map<std::string, std::string> headers;
  Duration min_backoff_period = 500ms;
  Duration max_backoff_period = 5min;
  std::optional<int64_t> max_backoff_retries;
  std::string tenant_id;
  bool retry_on_http_429 = true;
  HttpClientArguments http;
  std::optional<QueueArguments> queue;

  static constexpr auto schema() {
    using T = EndpointArguments;
    return fields(
        optional<&T::name>("name", "Name of the endpoint."),
        required<&T::url>("url", "Where to send to."),
        optional<&T::batch_wait>("batch_wait",
                                 "How long a request that is not full waits for more entries."),
        optional<&T::batch_size>("batch_size",
                                 "How many bytes of lines and metadata a request takes."),
        optional<&T::remote_timeout>("remote_timeout", "How long a request may take."),
        optional<&T::headers>("headers", "Extra headers of each request."),
        optional<&T::min_backoff_period>("min_backoff_period",
                                         "Pause before the first retry; doubles each time."),
        optional<&T::max_backoff_period>("max_backoff_period", "Longest pause before a retry."),
        optional<&T::max_backoff_retries>(
            "max_backoff_retries",
            "How often a request is tried before it is dropped; 0, and when it is not set: for as "
            "long as the queue can keep it."),
        optional<&T::tenant_id>("tenant_id",
                                "Tenant of entries that have no label `__tenant_id__`."),
        optional<&T::retry_on_http_429>(
            "retry_on_http_429", "Retry when the endpoint answers 429, instead of dropping."),
        inlined<&T::http>(),
        block<&T::queue>("queue_config", "Limits of the queue of this endpoint."));
  }
  Result<> validate();
};

struct WalArguments {
  bool enabled = false;
  Duration max_segment_age = 1h;
  Duration min_read_frequency = 250ms;
  Duration max_read_frequency = 1s;
  Duration drain_timeout = 15s;

  static constexpr auto schema() {
    using T = WalArguments;
    return fields(
        optional<&T::enabled>("enabled",
                              "Whether this block applies. There is a queue on disk in any case."),
        optional<&T::max_segment_age>("max_segment_age",
                                      "What waits for longer than this is dropped unsent."),
        optional<&T::min_read_frequency>("min_read_frequency",
                                         "Kept for compatibility: what is written is sent at "
                                         "once, nothing has to be looked for."),
        optional<&T::max_read_frequency>("max_read_frequency", "Kept for compatibility, too."),
        optional<&T::drain_timeout>("drain_timeout",
                                    "How long the end of the program waits for what can be sent."));
  }
  Result<> validate() const;
};

struct Arguments {
  std::vector<EndpointArguments> endpoints;
  std::optional<std::map<std::string, std::string>> external_labels;
  int64_t max_streams = 0;
  WalArguments wal;

  static constexpr auto schema() {
    return fields(blocks<&Arguments::endpoints>("endpoint", "Where to send logs to."),
                  optional<&Arguments::external_labels>("external_labels",
                                                        "Labels added to streams that lack them."),
                  optional<&Arguments::max_streams>(
                      "max_streams",
                      "How many streams a request may have; 0 is no limit. What is beyond is "
                      "dropped."),
                  block<&Arguments::wal>("wal", "How long logs are kept that could not be sent."));
  }
};

struct Exports {
  LogsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the logs to send."));
  }
};

}  // namespace alloy::loki::write
