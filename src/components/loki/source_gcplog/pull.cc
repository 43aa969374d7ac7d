#include "components/loki/source_gcplog/pull.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "components/shared/cloud_tokens/google.h"
#include "components/shared/json.h"
#include "net/url_escape.h"
#include "services/identity.h"
#include "values/stdlib/base64.h"

namespace alloy::loki::source_gcplog {
namespace {

constexpr std::string_view scope = "https://www.googleapis.com/auth/pubsub";
// The service answers an empty pull after less than this.
constexpr Duration pull_timeout = 120s;
constexpr Duration ask_timeout = 30s;
// Receivers that are full make us ask for more time in between.
constexpr Duration patience = 20s;
constexpr int deadline_seconds = 60;
constexpr Duration pause_min = 1s;
constexpr Duration pause_max = 10s;
constexpr int64_t messages_at_once_max = 1000;

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

std::string ids_json(const std::vector<std::string>& ids) {
  std::string json = "[";
  for (const std::string& id : ids) {
    if (json.size() > 1) json += ',';
    append_json_string(json, id);
  }
  return json + "]";
}

}  // namespace

Puller::Puller(const Options& options, Subscription subscription, EntryOptions entries,
               std::shared_ptr<Forwarder> forwarder)
    : clock_(options.clock),
      logger_(options.logger),
      subscription_(std::move(subscription)),
      entry_options_(std::move(entries)),
      forwarder_(std::move(forwarder)),
      store_(store_of(options)),
      entries_(options.metrics.counter("loki_source_gcplog_pull_entries_total",
                                       "Number of entries received by the gcplog target",
                                       {{"project", subscription_.project}})),
      errors_(options.metrics.counter("loki_source_gcplog_pull_parsing_errors_total",
                                      "Total number of parsing errors while receiving gcplog "
                                      "messages",
                                      {{"project", subscription_.project}})),
      last_success_(options.metrics.gauge(
          "loki_source_gcplog_pull_last_success_scrape",
          "Timestamp of target's last successful poll",
          {{"project", subscription_.project}, {"target", subscription_.name}})) {}

Result<std::shared_ptr<Puller>> Puller::create(const Options& options, Subscription subscription,
                                               EntryOptions entries,
                                               std::shared_ptr<Forwarder> forwarder) {
  std::shared_ptr<Puller> puller(
      new Puller(options, std::move(subscription), std::move(entries), std::move(forwarder)));
  const std::string emulator = cloud_tokens::environment("PUBSUB_EMULATOR_HOST");
  const std::string& name = puller->subscription_.name;
  puller->url_ = fmt::format(
      "{}/v1/{}", emulator.empty() ? "https://pubsub.googleapis.com" : "http://" + emulator,
      name.starts_with("projects/")
          ? name
          : fmt::format("projects/{}/subscriptions/{}", puller->subscription_.project, name));
  const auto* identity = options.services.find<Identity>();
  net::HttpClientOptions client;
  if (identity != nullptr) client.user_agent = identity->user_agent;
  client.proxy.from_environment = true;
  TRY(puller->client_, net::HttpClient::create(options.executor.any(), std::move(client)));
  if (emulator.empty())
    puller->tokens_ = std::make_shared<cloud_tokens::TokenSource>(
        puller->client_,
        [](WallTime now) { return cloud_tokens::make_google_request("", scope, now); },
        options.clock);
  return puller;
}

Task<Result<std::string>> Puller::ask(std::string operation, std::string body, StopToken stop) {
  net::Request request{.method = "POST",
                       .url = fmt::format("{}:{}", url_, operation),
                       .headers = {{"Content-Type", "application/json"}},
                       .body = body,
                       .timeout = operation == "pull" ? pull_timeout : ask_timeout};
  if (tokens_) {
    CO_TRY(auto token, co_await cloud_tokens::TokenSource::get(tokens_, stop));
    request.headers.set("Authorization", std::move(token.authorization));
  }
  CO_TRY(auto answer, co_await client_->fetch(std::move(request), std::move(stop)));
  if (!answer.is_success())
    co_return fail(fmt::format("{}: {}: {}", operation, answer.status_line,
                               std::string_view(answer.body).substr(0, 500)));
  co_return std::move(answer.body);
}

int64_t Puller::messages_at_once() const {
  const int64_t fitting = subscription_.bytes_max / std::max<int64_t>(message_bytes_, 1);
  return std::clamp<int64_t>(std::min(fitting, subscription_.messages_max), 1,
                             messages_at_once_max);
}

Task<Result<std::shared_ptr<Puller::Batch>>> Puller::pull(StopToken stop) {
  auto body = co_await ask("pull", fmt::format(R"({{"maxMessages":{}}})", messages_at_once()),
                           std::move(stop));
  if (!body && body.error().kind() == ErrorKind::timeout) co_return std::make_shared<Batch>();
  if (!body) co_return std::unexpected(std::move(body).error());
  CO_TRY(const auto document, JsonDocument::parse(*body));
  std::vector<std::pair<std::string, std::string>> messages;
  for (const JsonNode received : document.root()["receivedMessages"].elements())
    messages.emplace_back(received["ackId"].text(), received["message"]["data"].text());
  CO_TRY(document.check());
  if (!messages.empty()) message_bytes_ = static_cast<int64_t>(body->size() / messages.size());
  last_success_.set(static_cast<double>(to_unix_milliseconds(clock_.wall())) / 1e3);
  co_return read(messages);
}

// What is no log entry is acknowledged too: it would come for ever.
std::shared_ptr<Puller::Batch> Puller::read(
    const std::vector<std::pair<std::string, std::string>>& messages) {
  auto batch = std::make_shared<Batch>();
  const int64_t now = clock_.wall().time_since_epoch().count();
  for (const auto& [id, data] : messages) {
    batch->acknowledgements.push_back(id);
    LabelBuilder labels;
    const auto text = stdlib::decode_base64(data, stdlib::Base64Alphabet::standard);
    const auto added =
        text ? add_log_entry(*text, labels, entry_options_, store_, now, batch->builder)
             : std::unexpected(text.error());
    if (added) continue;
    ++batch->refused;
    logger_.error("could not parse log entry", {{"error", added.error()}});
  }
  return batch;
}

Task<Result<>> Puller::hand_on(std::shared_ptr<Batch> batch, StopToken stop) {
  const std::string ids = ids_json(batch->acknowledgements);
  while (true) {
    const auto delivered =
        co_await Forwarder::deliver(forwarder_, batch->builder.entries(), batch, patience, stop);
    if (delivered) break;
    if (stop.stop_requested()) co_return std::unexpected(delivered.error());
    CO_TRY(co_await ask(
        "modifyAckDeadline",
        fmt::format(R"({{"ackIds":{},"ackDeadlineSeconds":{}}})", ids, deadline_seconds), stop));
  }
  entries_.add(static_cast<double>(batch->builder.entries().size()));
  errors_.add(static_cast<double>(batch->refused));
  CO_TRY(co_await ask("acknowledge", fmt::format(R"({{"ackIds":{}}})", ids), stop));
  co_return Result<>();
}

Task<> Puller::run(std::shared_ptr<Puller> self, StopToken stop) {
  Duration pause = pause_min;
  while (!stop.stop_requested()) {
    auto pulled = co_await self->pull(stop);
    Result<> done;
    if (!pulled) {
      done = std::unexpected(pulled.error());
    } else if (!(*pulled)->acknowledgements.empty()) {
      done = co_await self->hand_on(*pulled, stop);
    }
    if (stop.stop_requested()) break;
    if (done) {
      pause = pause_min;
      continue;
    }
    self->logger_.error("failed to receive pubsub messages", {{"error", done.error()}});
    self->errors_.add(1);
    co_await self->clock_.sleep(pause, stop);
    pause = std::min(2 * pause, pause_max);
  }
}

}  // namespace alloy::loki::source_gcplog
