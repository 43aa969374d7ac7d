#include "components/loki/shared/kafka/consumer.h"

#include <array>

#include <fmt/format.h>

#include "components/loki/shared/kafka/library.h"

namespace alloy::loki::kafka {
namespace {

constexpr int metadata_timeout_ms = 10'000;
constexpr int events = RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_REBALANCE |
                       RD_KAFKA_EVENT_OFFSET_COMMIT;

struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    library().topic_partition_list_destroy(list);
  }
};
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;

List make_list(const Partitions& partitions) {
  List list(library().topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const Partition& partition : partitions)
    library().topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number);
  return list;
}

Partitions read_list(const rd_kafka_topic_partition_list_t* list) {
  Partitions partitions;
  for (int i = 0; list != nullptr && i < list->cnt; ++i)
    partitions.push_back({.topic = list->elems[i].topic, .number = list->elems[i].partition});
  return partitions;
}

Result<> check(rd_kafka_resp_err_t code) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return fail(library().err2str(code));
}

Result<> check(rd_kafka_error_t* error) {
  if (error == nullptr) return {};
  std::string message = library().error_string(error);
  library().error_destroy(error);
  return fail(std::move(message));
}

bool is_lasting(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
         code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

class LibraryConsumer final : public Consumer {
 public:
  explicit LibraryConsumer(ConsumerOptions options) : options_(std::move(options)) {}
  ~LibraryConsumer() override;

  Result<> start();
  std::optional<ConsumerEvent> poll() override;
  Result<std::vector<std::string>> topics() override;
  Result<> subscribe(const std::vector<std::string>& topics) override;
  Result<> accept(const Partitions& partitions) override;
  Result<> give_back(const Partitions& partitions) override;
  void pause(const Partitions& partitions) override;
  void resume(const Partitions& partitions) override;
  void commit(const Offsets& offsets) override;
  std::string member_id() const override;
  Result<> set_token(const std::string& token, int64_t expires_unix_ms) override;
  void refuse_token(const std::string& why) override;
  void close() override;
  bool is_closed() const override { return library_.consumer_closed(client_) != 0; }

 private:
  static void on_log(const rd_kafka_t* client, int level, const char*, const char* text);
  static void on_wake(rd_kafka_t*, void* self);
  std::optional<ConsumerEvent> read_event();
  std::optional<ConsumerEvent> read_message();
  bool is_cooperative() const;

  const Library& library_ = library();
  const ConsumerOptions options_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  rd_kafka_event_t* event_ = nullptr;  // What poll() has answered last lies in it.
};

Result<> LibraryConsumer::start() {
  rd_kafka_conf_t* conf = library_.conf_new();
  std::array<char, 512> why{};
  for (const auto& [name, value] : options_.settings) {
    if (library_.conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) ==
        RD_KAFKA_CONF_OK)
      continue;
    library_.conf_destroy(conf);
    return fail(why.data(), ErrorKind::invalid);
  }
  library_.conf_set_events(
      conf, events | (options_.wants_tokens ? RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH : 0));
  library_.conf_set_opaque(conf, this);
  library_.conf_set_log_cb(conf, &on_log);
  client_ = library_.make(RD_KAFKA_CONSUMER, conf, why.data(), why.size());
  if (client_ == nullptr) {
    library_.conf_destroy(conf);
    return fail(why.data(), ErrorKind::invalid);
  }
  library_.poll_set_consumer(client_);
  queue_ = library_.queue_get_consumer(client_);
  library_.queue_cb_event_enable(queue_, &on_wake, this);
  return {};
}

LibraryConsumer::~LibraryConsumer() {
  if (event_ != nullptr) library_.event_destroy(event_);
  if (queue_ != nullptr) {
    library_.queue_cb_event_enable(queue_, nullptr, nullptr);
    library_.queue_destroy(queue_);
  }
  if (client_ != nullptr) library_.destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void LibraryConsumer::on_log(const rd_kafka_t* client, int level, const char*, const char* text) {
  static_cast<LibraryConsumer*>(library().opaque(client))->options_.log(level, text);
}

void LibraryConsumer::on_wake(rd_kafka_t*, void* self) {
  static_cast<LibraryConsumer*>(self)->options_.wake();
}

std::optional<ConsumerEvent> LibraryConsumer::poll() {
  while (true) {
    if (event_ != nullptr) library_.event_destroy(std::exchange(event_, nullptr));
    event_ = library_.queue_poll(queue_, 0);
    if (event_ == nullptr) return std::nullopt;
    if (auto event = read_event()) return event;
  }
}

std::optional<ConsumerEvent> LibraryConsumer::read_event() {
  const auto error = library_.event_error(event_);
  switch (library_.event_type(event_)) {
    case RD_KAFKA_EVENT_FETCH:
      return read_message();
    case RD_KAFKA_EVENT_REBALANCE: {
      Partitions partitions = read_list(library_.event_topic_partition_list(event_));
      if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return Assigned{std::move(partitions)};
      return Revoked{std::move(partitions)};
    }
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      return Committed{check(error)};
    case RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH:
      return TokenWanted{};
    case RD_KAFKA_EVENT_ERROR:
      return Failure{.message = library_.event_error_string(event_),
                     .is_lasting = is_lasting(error)};
    default:
      return std::nullopt;
  }
}

std::optional<ConsumerEvent> LibraryConsumer::read_message() {
  const rd_kafka_message_t* message = library_.event_message_next(event_);
  if (message == nullptr) return std::nullopt;
  const auto text = [](const void* data, size_t size) {
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), size);
  };
  const char* topic = message->rkt == nullptr ? "" : library_.topic_name(message->rkt);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return std::nullopt;
    return Failure{.message = fmt::format("{}[{}]: {}", topic, message->partition,
                                          library_.err2str(message->err)),
                   .is_lasting = is_lasting(message->err)};
  }
  rd_kafka_timestamp_type_t kind{};
  const int64_t time = library_.message_timestamp(message, &kind);
  return Message{.topic = topic,
                 .partition = message->partition,
                 .offset = message->offset,
                 .key = text(message->key, message->key_len),
                 .value = text(message->payload, message->len),
                 .timestamp_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time};
}

Result<std::vector<std::string>> LibraryConsumer::topics() {
  const struct rd_kafka_metadata* metadata = nullptr;
  TRY(check(library_.metadata(client_, 1, nullptr, &metadata, metadata_timeout_ms)));
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  library_.metadata_destroy(metadata);
  return names;
}

Result<> LibraryConsumer::subscribe(const std::vector<std::string>& topics) {
  if (topics.empty()) return check(library_.unsubscribe(client_));
  Partitions partitions;
  for (const std::string& topic : topics)
    partitions.push_back({.topic = topic, .number = RD_KAFKA_PARTITION_UA});
  return check(library_.subscribe(client_, make_list(partitions).get()));
}

bool LibraryConsumer::is_cooperative() const {
  const char* protocol = library_.rebalance_protocol(client_);
  return protocol != nullptr && std::string_view(protocol) == "COOPERATIVE";
}

Result<> LibraryConsumer::accept(const Partitions& partitions) {
  const List list = make_list(partitions);
  return is_cooperative() ? check(library_.incremental_assign(client_, list.get()))
                          : check(library_.assign(client_, list.get()));
}

Result<> LibraryConsumer::give_back(const Partitions& partitions) {
  if (!is_cooperative()) return check(library_.assign(client_, nullptr));
  return check(library_.incremental_unassign(client_, make_list(partitions).get()));
}

void LibraryConsumer::pause(const Partitions& partitions) {
  library_.pause_partitions(client_, make_list(partitions).get());
}

void LibraryConsumer::resume(const Partitions& partitions) {
  library_.resume_partitions(client_, make_list(partitions).get());
}

void LibraryConsumer::commit(const Offsets& offsets) {
  const List list(library_.topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, offset] : offsets) {
    auto* entry =
        library_.topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number);
    entry->offset = offset;
  }
  library_.commit_queue(client_, list.get(), queue_, nullptr, nullptr);
}

std::string LibraryConsumer::member_id() const {
  char* id = library_.memberid(client_);
  if (id == nullptr) return "";
  std::string text = id;
  library_.mem_free(client_, id);
  return text;
}

Result<> LibraryConsumer::set_token(const std::string& token, int64_t expires_unix_ms) {
  std::array<char, 512> why{};
  const auto code = library_.oauthbearer_set_token(client_, token.c_str(), expires_unix_ms, "",
                                                   nullptr, 0, why.data(), why.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return fail(why.data());
}

void LibraryConsumer::refuse_token(const std::string& why) {
  library_.oauthbearer_set_token_failure(client_, why.c_str());
}

void LibraryConsumer::close() { (void)check(library_.consumer_close_queue(client_, queue_)); }

}  // namespace

Result<std::unique_ptr<Consumer>> Consumer::open(ConsumerOptions options) {
  TRY(library().file.loaded());
  auto consumer = std::make_unique<LibraryConsumer>(std::move(options));
  TRY(consumer->start());
  return consumer;
}

}  // namespace alloy::loki::kafka
