// loki.source.awsfirehose takes the logs that Amazon Data Firehose delivers to an HTTP endpoint.
#include <fmt/format.h>

#include "base/text.h"
#include "component/component.h"
#include "components/loki/shared/http_source.h"
#include "components/loki/source_awsfirehose/records.h"
#include "services/basic_auth.h"

namespace alloy::loki::source_awsfirehose {
namespace {

struct Arguments {
  HttpServerArguments server;
  Secret access_key;
  bool use_incoming_timestamp = false;
  std::vector<LogsReceiverPointer> forward_to;
  RelabelRulesPointer relabel_rules;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        inlined<&T::server>(),
        optional<&T::access_key>("access_key", "Key that requests have to bring; empty: none."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        required<&T::forward_to>("forward_to", "Where the entries go."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each entry."));
  }
};

constexpr size_t body_bytes_max = 128 << 20;
constexpr std::string_view tenant_label = "__tenant_id__";

class Reader {
 public:
  Reader(SeriesStore& store, Clock& clock, MetricRegistry& metrics)
      : store_(store),
        clock_(clock),
        metrics_(metrics),
        batch_size_(metrics.histogram("loki_source_awsfirehose_batch_size",
                                      "AWS Firehose received batch size in number of records",
                                      default_buckets())) {}

  void set_access_key(std::string key) {
    const std::lock_guard lock(mutex_);
    access_key_ = std::move(key);
  }
  static Task<HttpSourceResult> read(std::shared_ptr<Reader> self,
                                     std::shared_ptr<net::ServerRequest> request,
                                     HttpSourceSettingsPointer settings);

 private:
  // Labels that all records of a request share.
  using Common = std::map<std::string, std::string>;

  bool is_allowed(std::string_view key) const;
  Common common_labels(const net::ServerRequest& request) const;
  void add(const Record& record, const Common& common, const HttpSourceSettings& settings,
           int64_t timestamp_ns, LogBatchBuilder& entries) const;
  void add(std::string_view line, int64_t timestamp_ns, const Common& labels,
           const HttpSourceSettings& settings, LogBatchBuilder& entries) const;
  void count(std::string_view what, std::string_view help, MetricLabels labels) const {
    metrics_.counter(fmt::format("loki_source_awsfirehose_{}", what), help, std::move(labels))
        .add(1);
  }
  void count_record_error(std::string_view reason) const {
    count("record_errors", "Number of errors while decoding AWS Firehose records",
          {{"reason", std::string(reason)}});
  }
  int64_t now_ns() const { return clock_.wall().time_since_epoch().count(); }

  SeriesStore& store_;
  Clock& clock_;
  MetricRegistry& metrics_;
  Histogram& batch_size_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::string access_key_;
};

bool Reader::is_allowed(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  return access_key_.empty() || equal_in_constant_time(key, access_key_);
}

Reader::Common Reader::common_labels(const net::ServerRequest& request) const {
  const std::string tenant(request.headers.get("X-Scope-OrgID"));
  Common common;
  common["__aws_firehose_request_id"] = request.headers.get("X-Amz-Firehose-Request-Id");
  common["__aws_firehose_source_arn"] = request.headers.get("X-Amz-Firehose-Source-Arn");
  if (!tenant.empty()) common[std::string(tenant_label)] = tenant;
  StaticLabels given = parse_static_labels(request.headers.get("X-Amz-Firehose-Common-Attributes"));
  for (const std::string_view reason : given.refused) {
    count("invalid_static_labels_errors",
          "Number of errors while processing AWS Firehose static labels",
          {{"reason", std::string(reason)}, {"tenant_id", tenant}});
  }
  for (auto& [name, value] : given.labels) common[name] = std::move(value);
  return common;
}

void Reader::add(std::string_view line, int64_t timestamp_ns, const Common& given,
                 const HttpSourceSettings& settings, LogBatchBuilder& entries) const {
  LabelBuilder labels;
  for (const auto& [name, value] : given) labels.set(name, value);
  if (settings.relabel_rules && !settings.relabel_rules->apply(labels)) labels.reset();
  labels.erase_if([](const Label& label) {
    const bool is_internal = label.name.starts_with("__") && label.name != tenant_label;
    return is_internal || !is_legacy_label_name(label.name) || !is_utf8(label.value);
  });
  entries.entries().push_back({.labels = entries.hold(store_.intern(labels.labels())),
                               .timestamp_ns = timestamp_ns,
                               .line = entries.keep(line)});
}

void Reader::add(const Record& record, const Common& common, const HttpSourceSettings& settings,
                 int64_t timestamp_ns, LogBatchBuilder& entries) const {
  if (record.origin == Origin::direct_put)
    return add(record.bytes, timestamp_ns, common, settings, entries);
  const auto logs = parse_cloudwatch_logs(record.bytes);
  if (!logs) return count_record_error("cw-json-decode");
  Common labels = common;
  labels["__aws_owner"] = logs->owner;
  labels["__aws_cw_log_group"] = logs->log_group;
  labels["__aws_cw_log_stream"] = logs->log_stream;
  labels["__aws_cw_matched_filters"] = logs->matched_filters;
  labels["__aws_cw_msg_type"] = logs->message_type;
  for (const CloudwatchLogs::Event& event : logs->events) {
    const int64_t time =
        settings.use_incoming_timestamp ? event.timestamp_ms * 1'000'000 : timestamp_ns;
    add(event.message, time, labels, settings, entries);
  }
}

Task<HttpSourceResult> Reader::read(std::shared_ptr<Reader> self,
                                    std::shared_ptr<net::ServerRequest> request,
                                    HttpSourceSettingsPointer settings) {
  if (!self->is_allowed(request->headers.get("X-Amz-Firehose-Access-Key"))) {
    co_return HttpSourceResult{.status = 401, .error = "access key not provided or incorrect"};
  }
  const auto refuse = [&](std::string_view reason, const Error& error) {
    self->count("request_errors", "Number of errors while receiving AWS Firehose API requests",
                {{"reason", std::string(reason)}});
    return HttpSourceResult{.status = 400, .error = error.message()};
  };
  const auto body = co_await read_body(request, body_bytes_max);
  if (!body) co_return refuse("pre_read", body.error());
  const auto parsed = parse_request(*body);
  if (!parsed) co_return refuse("read_or_format", parsed.error());
  self->batch_size_.observe(static_cast<double>(parsed->records.size()));
  const Common common = self->common_labels(*request);
  HttpSourceResult result{.entries = std::make_shared<LogBatchBuilder>(), .status = 200};
  const int64_t time = settings->use_incoming_timestamp
                           ? parsed->timestamp_ms / 1000 * 1'000'000'000
                           : self->now_ns();
  for (const std::string& data : parsed->records) {
    const auto record = decode_record(data);
    if (!record) {
      self->count_record_error(record.error().message());
      continue;
    }
    self->count("records_received", "Number of records received from AWS Firehose",
                {{"type", std::string(name_of(record->origin))}});
    self->add(*record, common, *settings, time, *result.entries);
  }
  co_return result;
}

// {"requestId":"r","timestamp":1700000000,"errorMessage":"why"}
net::ServerResponse answer(const net::ServerRequest& request, int status, const std::string& error,
                           int64_t seconds) {
  std::string body = R"({"requestId":)";
  append_json_string(body, request.headers.get("X-Amz-Firehose-Request-Id"));
  body += fmt::format(R"(,"timestamp":{})", seconds);
  if (!error.empty()) {
    body += R"(,"errorMessage":)";
    append_json_string(body, error);
  }
  body += "}\n";
  return {
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

class AwsFirehose final : public AwaitingComponentWith<Arguments> {
 public:
  explicit AwsFirehose(Options options);
  ~AwsFirehose() override { source_->close(); }
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  std::shared_ptr<Reader> reader_;
  const std::shared_ptr<HttpSource> source_;
  OwnHttpServer server_;
};

AwsFirehose::AwsFirehose(Options options)
    : AwaitingComponentWith(std::move(options)),
      source_(std::make_shared<HttpSource>(
          this->options(),
          this->options().metrics.counter("loki_source_awsfirehose_entries_written",
                                          "Total number of entries written."))),
      server_(this->options(), "loki_source_awsfirehose") {
  auto* store = this->options().services.find<SeriesStore>();
  ASSERT(store != nullptr);
  reader_ = std::make_shared<Reader>(*store, clock(), this->options().metrics);
  source_->add({.method = "POST",
                .path = "/awsfirehose/api/v1/push",
                .read =
                    [reader = reader_](auto request, auto settings) {
                      return Reader::read(reader, std::move(request), std::move(settings));
                    },
                .answer =
                    [&clock = clock()](const net::ServerRequest& request, int status,
                                       const std::string& error) {
                      return answer(request, status, error,
                                    to_unix_milliseconds(clock.wall()) / 1000);
                    }});
}

Task<Result<>> AwsFirehose::update(Arguments arguments) {
  reader_->set_access_key(std::move(arguments.access_key.value));
  source_->configure({.relabel_rules = std::move(arguments.relabel_rules),
                      .use_incoming_timestamp = arguments.use_incoming_timestamp},
                     std::move(arguments.forward_to));
  co_return co_await server_.update(arguments.server,
                                    [source = source_](net::ServerRequest request) {
                                      return HttpSource::handle(source, std::move(request));
                                    });
}

Task<> AwsFirehose::run(StopToken stop) {
  server_.start();
  co_await clock().sleep(Duration::max(), stop);
  co_await server_.stop();
  source_->close();
}

}  // namespace
}  // namespace alloy::loki::source_awsfirehose

namespace alloy {

extern const ComponentType loki_source_awsfirehose = {
    .name = "loki.source.awsfirehose",
    .doc = "Takes log entries from Amazon Data Firehose and passes them on.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_awsfirehose::Arguments>,
    .create = create<loki::source_awsfirehose::AwsFirehose>,
};

}  // namespace alloy
