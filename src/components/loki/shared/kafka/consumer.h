// A member of a Kafka consumer group. librdkafka does the protocol on threads of its own; it is
// loaded when the first one is opened. Nothing blocks but what says so.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace alloy::loki::kafka {

struct Partition {
  std::string topic;
  int32_t number = 0;

  friend auto operator<=>(const Partition&, const Partition&) = default;
};
using Partitions = std::vector<Partition>;
// The offset to go on with, of each partition.
using Offsets = std::map<Partition, int64_t>;

// What happens to a consumer. Texts are valid until the next poll().
struct Message {
  std::string_view topic;
  int32_t partition = 0;
  int64_t offset = 0;
  std::string_view key;
  std::string_view value;
  int64_t timestamp_ms = -1;  // -1: none.
};
// The group has given us partitions: accept() them.
struct Assigned {
  Partitions partitions;
};
// The group takes partitions back: give_back() them, having committed.
struct Revoked {
  Partitions partitions;
};
struct Committed {
  Result<> result;
};
struct TokenWanted {};
struct Failure {
  std::string message;
  bool is_lasting = false;  // It won't work as long as nothing changes: no broker, no permission.
};
using ConsumerEvent = std::variant<Message, Assigned, Revoked, Committed, TokenWanted, Failure>;

struct ConsumerOptions {
  // Of librdkafka: "bootstrap.servers" and so on.
  std::vector<std::pair<std::string, std::string>> settings;
  bool wants_tokens = false;  // For OAUTHBEARER.
  // From any thread: that poll() has something, and what the library says of itself (level as in
  // syslog).
  std::function<void()> wake;
  std::function<void(int level, std::string_view text)> log;
};

class Consumer {
 public:
  static Result<std::unique_ptr<Consumer>> open(ConsumerOptions options);
  // Blocks for a while unless close() has come to its end.
  virtual ~Consumer() = default;

  // The next event, if there is one.
  virtual std::optional<ConsumerEvent> poll() = 0;

  // The names of all topics. Blocks.
  virtual Result<std::vector<std::string>> topics() = 0;
  // In place of those before; none: leaves the group.
  virtual Result<> subscribe(const std::vector<std::string>& topics) = 0;

  virtual Result<> accept(const Partitions& partitions) = 0;
  virtual Result<> give_back(const Partitions& partitions) = 0;
  // Whether messages of these come. What has come and was not polled yet comes again.
  virtual void pause(const Partitions& partitions) = 0;
  virtual void resume(const Partitions& partitions) = 0;
  // Answered by Committed.
  virtual void commit(const Offsets& offsets) = 0;
  virtual std::string member_id() const = 0;

  virtual Result<> set_token(const std::string& token, int64_t expires_unix_ms) = 0;
  virtual void refuse_token(const std::string& why) = 0;

  // Leaves the group; poll() until is_closed(), which partitions may have to be given back for.
  virtual void close() = 0;
  virtual bool is_closed() const = 0;
};

}  // namespace alloy::loki::kafka
