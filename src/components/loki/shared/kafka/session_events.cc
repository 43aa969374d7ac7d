// What a session does with each event of its consumer.
#include <algorithm>

#include <fmt/format.h>

#include "components/loki/shared/kafka/session.h"

namespace alloy::loki::kafka {
namespace {

// How long a rebalance waits for the batch that is on its way.
constexpr Duration handover_patience = 5s;
constexpr std::string_view no_key = "none";

void finish(LabelBuilder& labels, const RelabelRulesPointer& rules) {
  if (rules && !rules->apply(labels)) labels.reset();
  labels.erase_if(
      [](const Label& label) { return label.name.starts_with("__") || label.value.empty(); });
}

}  // namespace

Task<> Session::handle(ConsumerEvent event, StopToken stop) {
  if (const auto* message = std::get_if<Message>(&event)) {
    take(*message);
  } else if (const auto* assigned = std::get_if<Assigned>(&event)) {
    take(*assigned);
  } else if (const auto* revoked = std::get_if<Revoked>(&event)) {
    co_await take_back(revoked->partitions);
  } else if (const auto* committed = std::get_if<Committed>(&event)) {
    take(*committed);
  } else if (std::holds_alternative<TokenWanted>(event)) {
    co_await renew_token(stop);
  } else {
    take(std::get<Failure>(event));
  }
}

LabelSet Session::labels_of(const Partition& partition) const {
  LabelBuilder labels;
  labels.set("__meta_kafka_topic", partition.topic);
  labels.set("__meta_kafka_partition", labels.keep(std::to_string(partition.number)));
  labels.set("__meta_kafka_member_id", labels.keep(consumer_->member_id()));
  labels.set("__meta_kafka_group_id", settings_->group_id);
  for (const auto& [name, value] : settings_->labels) labels.set(name, value);
  finish(labels, settings_->rules);
  return labels.build();
}

void Session::take(const Assigned& assigned) {
  ++assignments_;
  for (const Partition& partition : assigned.partitions) {
    Owned owned{.labels = labels_of(partition), .assignment = assignments_};
    const std::string details =
        fmt::format("topic={} partition={}", partition.topic, partition.number);
    if (owned.labels.empty()) {
      options_.logger.warn("dropping target", {{"reason", "no labels"}, {"details", details}});
    } else {
      options_.logger.info("consuming topic", {{"details", details}});
    }
    owned_[partition] = std::move(owned);
  }
  const auto accepted = consumer_->accept(assigned.partitions);
  if (!accepted) options_.logger.error("taking partitions failed", {{"err", accepted.error()}});
  if (is_paused_) consumer_->pause(assigned.partitions);
  report_(HealthState::healthy, "consumer is running");
}

void Session::forget(Batch& batch, const Partition& partition) const {
  auto& entries = batch.builder.entries();
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (batch.reached[batch.origins[i]].partition == partition) continue;
    entries[kept] = entries[i];
    batch.origins[kept++] = batch.origins[i];
  }
  entries.resize(kept);
  batch.origins.resize(kept);
}

// What is on its way may still arrive, and is then committed; what only waits here is read by the
// next owner.
Task<> Session::take_back(Partitions partitions) {
  for (const Partition& partition : partitions) forget(*pending_, partition);
  const SteadyTime deadline = real_clock().steady() + handover_patience;
  while (is_delivering_ && real_clock().steady() < deadline)
    co_await delivered_.wait({}, deadline - real_clock().steady());
  for (const auto& [partition, offset] : committing_) committable_.try_emplace(partition, offset);
  if (!committable_.empty()) consumer_->commit(committable_);
  for (const Partition& partition : partitions) {
    owned_.erase(partition);
    committable_.erase(partition);
    committing_.erase(partition);
  }
  const auto given = consumer_->give_back(partitions);
  if (!given) options_.logger.warn("giving partitions back failed", {{"err", given.error()}});
}

void Session::take(const Committed& committed) {
  is_committing_ = false;
  if (committed.result) {
    committing_.clear();
    commit();
    return;
  }
  options_.logger.warn("committing offsets failed", {{"err", committed.result.error()}});
  // Goes with the next batch.
  for (const auto& [partition, offset] : std::exchange(committing_, {}))
    if (owned_.contains(partition)) committable_.try_emplace(partition, offset);
}

void Session::take(const Failure& failure) {
  options_.logger.error("error from the consumer, retrying...", {{"err", failure.message}});
  if (failure.is_lasting) report_(HealthState::unhealthy, failure.message);
}

Task<> Session::renew_token(StopToken stop) {
  if (!settings_->get_token) co_return;
  const auto token = co_await settings_->get_token(stop);
  if (!token) {
    options_.logger.error("failed to acquire token", {{"err", token.error()}});
    consumer_->refuse_token(token.error().message());
    co_return;
  }
  constexpr std::string_view prefix = "Bearer ";
  std::string_view text = token->authorization;
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  Clock& clock = options_.clock;
  const Duration lifetime =
      token->expires == SteadyTime::max() ? Duration(1h) : token->expires - clock.steady();
  // The library compares with the machine's own clock.
  const auto expires = to_unix_milliseconds(real_clock().wall() + lifetime);
  const auto set = consumer_->set_token(std::string(text), expires);
  if (!set) consumer_->refuse_token(set.error().message());
}

uint32_t Session::note(const Partition& partition, uint64_t assignment, int64_t next_offset,
                       Batch& batch) {
  for (size_t i = 0; i < batch.reached.size(); ++i) {
    Reached& reached = batch.reached[i];
    if (reached.assignment != assignment || reached.partition != partition) continue;
    reached.next_offset = next_offset;
    return static_cast<uint32_t>(i);
  }
  batch.reached.push_back(
      {.partition = partition, .assignment = assignment, .next_offset = next_offset});
  return static_cast<uint32_t>(batch.reached.size() - 1);
}

void Session::take(const Message& message) {
  const auto owned =
      owned_.find(Partition{.topic = std::string(message.topic), .number = message.partition});
  if (owned == owned_.end()) return;
  if (owned->second.labels.empty()) return dropped_.add(1);
  Batch& batch = *pending_;
  const uint32_t origin = note(owned->first, owned->second.assignment, message.offset + 1, batch);
  read(message, owned->second, batch);
  batch.origins.resize(batch.builder.entries().size(), origin);
  batch.bytes += message.value.size();
}

void Session::read(const Message& message, const Owned& owned, Batch& batch) {
  LabelBuilder labels;
  labels.reset(owned.labels.labels());
  LabelBuilder own;
  if (settings_->rules) {
    own.set("__meta_kafka_message_key", message.key.empty() ? no_key : message.key);
    own.set("__meta_kafka_message_offset", own.keep(std::to_string(message.offset)));
    finish(own, settings_->rules);
    for (const Label& label : own.labels()) labels.put(label.name, label.value);
  }
  const bool has_own_time = settings_->use_incoming_timestamp && message.timestamp_ms >= 0;
  const MessageContext context{
      .store = store_,
      .labels = labels.labels(),
      .rules = settings_->rules,
      .timestamp_ns = has_own_time ? message.timestamp_ms * 1'000'000
                                   : options_.clock.wall().time_since_epoch().count(),
      .use_incoming_timestamp = settings_->use_incoming_timestamp};
  const auto read = settings_->reader->read(message, context, batch.builder);
  if (!read) options_.logger.error("message parsing error", {{"err", read.error()}});
}

}  // namespace alloy::loki::kafka
