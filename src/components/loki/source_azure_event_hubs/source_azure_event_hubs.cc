// loki.source.azure_event_hubs reads logs of Azure from event hubs, which speak Kafka's protocol.
#include <array>

#include <fmt/format.h>

#include "components/loki/shared/kafka/settings.h"
#include "components/loki/shared/kafka/source.h"
#include "components/loki/source_azure_event_hubs/records.h"
#include "components/shared/cloud_tokens/azure.h"

namespace alloy::loki::source_azure_event_hubs {
namespace {

struct Authentication {
  std::string mechanism;
  std::optional<std::vector<std::string>> scopes;
  Secret connection_string;

  static constexpr auto schema() {
    using T = Authentication;
    return fields(required<&T::mechanism>("mechanism", "connection_string or oauth."),
                  optional<&T::scopes>("scopes", "Scopes of the token; default: of the namespace."),
                  optional<&T::connection_string>("connection_string", "As the portal shows it."));
  }
};

struct Arguments {
  std::string fully_qualified_namespace;
  std::vector<std::string> event_hubs;
  Authentication authentication;
  std::string group_id = "loki.source.azure_event_hubs";
  bool use_incoming_timestamp = false;
  bool disallow_custom_messages = false;
  RelabelRulesPointer relabel_rules;
  std::map<std::string, std::string> labels = {{"job", "loki.source.azure_event_hubs"}};
  std::string assignor = "range";
  std::vector<LogsReceiverPointer> forward_to;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::fully_qualified_namespace>("fully_qualified_namespace",
                                                "name.servicebus.windows.net:9093"),
        required<&T::event_hubs>("event_hubs", "The event hubs to read."),
        required_block<&T::authentication>("authentication", "How to log in."),
        optional<&T::group_id>("group_id", "The consumer group."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        optional<&T::disallow_custom_messages>("disallow_custom_messages",
                                               "Leave out what is not of Azure's schema."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each entry."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::assignor>("assignor", "How partitions are shared: range, roundrobin, sticky."),
        required<&T::forward_to>("forward_to", "Where the entries go."));
  }
  Result<> validate() const {
    if (assignor == "sticky" || assignor == "roundrobin" || assignor == "range") return {};
    return fail(fmt::format("assignor value {} is invalid, must be one of: [sticky roundrobin "
                            "range]",
                            assignor),
                ErrorKind::invalid);
  }
};

class Reader final : public kafka::MessageReader {
 public:
  Reader(bool takes_custom_messages, Counter& refused)
      : takes_custom_messages_(takes_custom_messages), refused_(refused) {}

  Result<> read(const kafka::Message& message, const kafka::MessageContext& context,
                LogBatchBuilder& entries) override;

 private:
  static void add(std::string_view line, std::span<const Label> labels, int64_t timestamp_ns,
                  const kafka::MessageContext& context, LogBatchBuilder& entries);
  static void add(const Record& record, const kafka::MessageContext& context,
                  LogBatchBuilder& entries);

  const bool takes_custom_messages_;
  Counter& refused_;
};

void Reader::add(std::string_view line, std::span<const Label> labels, int64_t timestamp_ns,
                 const kafka::MessageContext& context, LogBatchBuilder& entries) {
  entries.entries().push_back({.labels = entries.hold(context.store.intern(labels)),
                               .timestamp_ns = timestamp_ns,
                               .line = entries.keep(line)});
}

void Reader::add(const Record& record, const kafka::MessageContext& context,
                 LogBatchBuilder& entries) {
  if (!record.log) return add(record.text, context.labels, context.timestamp_ns, context, entries);
  LabelBuilder own;
  own.set("__azure_event_hubs_category", record.log->category);
  if (context.rules && !context.rules->apply(own)) own.reset();
  LabelBuilder labels;
  labels.reset(context.labels);
  for (const Label& label : own.labels())
    if (is_legacy_label_name(label.name) && !label.name.starts_with("__") && !label.value.empty())
      labels.put(label.name, label.value);
  const int64_t time = context.use_incoming_timestamp
                           ? record.log->timestamp_ns.value_or(context.timestamp_ns)
                           : context.timestamp_ns;
  add(record.text, labels.labels(), time, context, entries);
}

Result<> Reader::read(const kafka::Message& message, const kafka::MessageContext& context,
                      LogBatchBuilder& entries) {
  const auto records = parse_records(message.value);
  if (!records && takes_custom_messages_) {
    add(message.value, context.labels, context.timestamp_ns, context, entries);
    return {};
  }
  if (!records) {
    refused_.add(1);
    return std::unexpected(records.error());
  }
  const bool is_custom = std::ranges::any_of(*records, [](const Record& r) { return !r.log; });
  if (is_custom && !takes_custom_messages_) {
    refused_.add(1);
    return fail("required field or fields is empty", ErrorKind::invalid);
  }
  for (const Record& record : *records) add(record, context, entries);
  return {};
}

class AzureEventHubs final : public ComponentWith<Arguments> {
 public:
  explicit AzureEventHubs(Options options)
      : ComponentWith(std::move(options)),
        refused_(this->options().metrics.counter(
            "loki_source_azure_event_hubs_refused_messages_total",
            "Total number of messages that are not of Azure's schema")),
        source_(this->options(), [this](HealthState state, std::string message) {
          if (state == HealthState::healthy) report_healthy(std::move(message));
          if (state == HealthState::unhealthy) report_unhealthy(std::move(message));
        }) {}
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override { return source_.run(std::move(stop)); }

 private:
  Result<> authenticate(const Arguments& arguments, kafka::SourceSettings& settings);

  Counter& refused_;
  kafka::Source source_;
};

Result<> AzureEventHubs::authenticate(const Arguments& arguments, kafka::SourceSettings& settings) {
  const Authentication& authentication = arguments.authentication;
  if (authentication.mechanism == "connection_string") {
    if (authentication.connection_string.value.empty())
      return fail(
          "connection string is required when authentication mechanism is connection_string",
          ErrorKind::invalid);
    return kafka::add_sasl({.mechanism = "PLAIN",
                            .user = "$ConnectionString",
                            .password = authentication.connection_string.value,
                            .use_tls = true},
                           settings.consumer);
  }
  if (authentication.mechanism != "oauth")
    return fail(fmt::format("authentication mechanism {} is unsupported", authentication.mechanism),
                ErrorKind::invalid);
  auto scopes = authentication.scopes.value_or(std::vector<std::string>());
  if (!authentication.scopes) {
    const std::string& address = arguments.fully_qualified_namespace;
    const size_t colon = address.rfind(':');
    if (colon == address.npos)
      return fail(fmt::format("unable to extract host from fully qualified namespace: address {}: "
                              "missing port in address",
                              address),
                  ErrorKind::invalid);
    scopes.push_back(fmt::format("https://{}/.default", address.substr(0, colon)));
  }
  TRY(kafka::add_sasl({.mechanism = "OAUTHBEARER", .user = "", .password = "", .use_tls = true},
                      settings.consumer));
  TRY(settings.get_token, cloud_tokens::azure_default_tokens(options(), scopes));
  return {};
}

Result<> AzureEventHubs::update(Arguments arguments) {
  kafka::SourceSettings settings{
      .topics = arguments.event_hubs,
      .group_id = arguments.group_id.empty() ? "promtail" : arguments.group_id,
      .labels = arguments.labels,
      .rules = arguments.relabel_rules,
      .use_incoming_timestamp = arguments.use_incoming_timestamp,
      .reader = std::make_shared<Reader>(!arguments.disallow_custom_messages, refused_)};
  TRY(settings.consumer,
      kafka::make_settings({arguments.fully_qualified_namespace}, arguments.assignor));
  TRY(authenticate(arguments, settings));
  return source_.update(std::move(settings), std::move(arguments.forward_to));
}

}  // namespace
}  // namespace alloy::loki::source_azure_event_hubs

namespace alloy {

extern const ComponentType loki_source_azure_event_hubs = {
    .name = "loki.source.azure_event_hubs",
    .doc = "Reads logs of Azure from event hubs.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_azure_event_hubs::Arguments>,
    .create = create<loki::source_azure_event_hubs::AzureEventHubs>,
};

}  // namespace alloy
