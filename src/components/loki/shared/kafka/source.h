// What the sources that read from Kafka have in common: a consumer group's member whose messages
// become entries, and whose offsets are committed only for what the receivers have made durable.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "component/component.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/shared/kafka/consumer.h"
#include "net/oauth2.h"
#include "signals/log_batch_builder.h"
#include "signals/relabel.h"
#include "signals/series.h"

namespace alloy::loki::kafka {

// What a message is read with.
struct MessageContext {
  SeriesStore& store;
  std::span<const Label> labels;  // Of the partition and the message, finished.
  const RelabelRulesPointer& rules;
  int64_t timestamp_ns = 0;  // Of the message, or now.
  bool use_incoming_timestamp = false;
};

// Makes entries of messages.
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  virtual Result<> read(const Message& message, const MessageContext& context,
                        LogBatchBuilder& entries) = 0;
};

// One entry, the value as it is.
class PlainReader final : public MessageReader {
 public:
  Result<> read(const Message& message, const MessageContext& context,
                LogBatchBuilder& entries) override;
};

using GetToken = std::function<Task<Result<net::OAuth2Token>>(StopToken)>;

struct SourceSettings {
  std::vector<std::pair<std::string, std::string>> consumer;  // Of librdkafka.
  std::vector<std::string> topics;  // Names, and regular expressions that begin with "^".
  std::string group_id;
  std::map<std::string, std::string> labels;
  RelabelRulesPointer rules;
  bool use_incoming_timestamp = false;
  GetToken get_token;  // For OAUTHBEARER; may be null.
  std::shared_ptr<MessageReader> reader = std::make_shared<PlainReader>();
};

// For a component, on its strand.
class Source {
 public:
  // How the component tells its health.
  using Report = std::function<void(HealthState, std::string)>;
  Source(const Options& options, Report report);
  ~Source();

  // Refuses topics that can't be.
  Result<> update(SourceSettings settings, std::vector<LogsReceiverPointer> forward_to);
  Task<> run(StopToken stop);

 private:
  const Options& options_;
  const Report report_;
  const std::shared_ptr<Forwarder> forwarder_;
  std::shared_ptr<const SourceSettings> settings_;
  Event changed_;
};

}  // namespace alloy::loki::kafka
