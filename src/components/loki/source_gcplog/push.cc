#include "components/loki/source_gcplog/push.h"

#include "components/loki/shared/snake_case.h"
#include "components/shared/json.h"
#include "values/stdlib/base64.h"

namespace alloy::loki::source_gcplog {
namespace {

constexpr size_t body_bytes_max = 64 << 20;

}  // namespace

void PushReader::configure(EntryOptions options) {
  const std::lock_guard lock(mutex_);
  options_ = std::make_shared<const EntryOptions>(std::move(options));
}

Result<> PushReader::add(std::string_view body, std::string_view tenant, LogBatchBuilder& entries,
                         std::string_view* reason) const {
  *reason = "read_error";
  TRY(const auto document, JsonDocument::parse(body));
  const JsonNode message = document.root()["message"];
  const std::string_view data = message["data"].text();
  std::string_view id = message["messageId"].text();
  if (id.empty()) id = message["message_id"].text();
  const std::string_view subscription = document.root()["subscription"].text();
  LabelBuilder labels;
  labels.set("__gcp_message_id", id);
  labels.set("__gcp_subscription_name", subscription);
  for (const auto& [name, value] : message["attributes"].members())
    labels.set(labels.keep("__gcp_attributes_" + snake_case(name)), value.text());
  labels.set("__tenant_id__", tenant);
  TRY(document.check());
  *reason = "invalid_message";
  if (data.empty()) return fail("push message has no data");
  if (id.empty()) return fail("push message has no ID");
  if (subscription.empty()) return fail("push message has no subscription");
  *reason = "translation";
  const auto text = stdlib::decode_base64(data, stdlib::Base64Alphabet::standard);
  if (!text) return fail("failed to decode data: illegal base64 data");
  std::shared_ptr<const EntryOptions> options;
  {
    const std::lock_guard lock(mutex_);
    options = options_;
  }
  auto added = add_log_entry(*text, labels, *options, store_,
                             clock_.wall().time_since_epoch().count(), entries);
  if (added) return {};
  return std::unexpected(std::move(added).error().with_context("failed to parse logs entry"));
}

Task<HttpSourceResult> PushReader::read(std::shared_ptr<PushReader> self,
                                        std::shared_ptr<net::ServerRequest> request) {
  HttpSourceResult result{.entries = std::make_shared<LogBatchBuilder>()};
  std::string_view reason = "read_error";
  const auto body = co_await read_body(request, body_bytes_max);
  const auto added =
      body ? self->add(*body, request->headers.get("X-Scope-OrgID"), *result.entries, &reason)
           : std::unexpected(body.error());
  if (!added) {
    result.status = 400;
    result.error = added.error().message();
    self->metrics_
        .counter("loki_source_gcplog_push_parsing_errors_total",
                 "Number of parsing errors while receiving gcplog messages",
                 {{"reason", std::string(reason)}})
        .add(1);
  }
  co_return result;
}

}  // namespace alloy::loki::source_gcplog
