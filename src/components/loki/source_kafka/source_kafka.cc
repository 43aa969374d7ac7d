// loki.source.kafka reads messages of Kafka topics as a member of a consumer group.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "components/loki/shared/kafka/settings.h"
#include "components/loki/shared/kafka/source.h"
#include "components/shared/cloud_tokens/azure.h"

namespace alloy::loki::source_kafka {
namespace {

struct OAuth {
  std::string token_provider;
  std::vector<std::string> scopes;

  static constexpr auto schema() {
    return fields(required<&OAuth::token_provider>("token_provider", "Who gives tokens: azure."),
                  required<&OAuth::scopes>("scopes", "Scopes of the token."));
  }
};

struct SaslArguments {
  std::string mechanism = "PLAIN";
  std::string user;
  Secret password;
  bool use_tls = false;
  std::optional<TlsClientArguments> tls;
  std::optional<OAuth> oauth;

  static constexpr auto schema() {
    using T = SaslArguments;
    return fields(
        optional<&T::mechanism>("mechanism", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."),
        optional<&T::user>("user", "User name."), optional<&T::password>("password", "Password."),
        optional<&T::use_tls>("use_tls", "Whether to speak TLS."),
        block<&T::tls>("tls_config", "TLS towards the brokers."),
        block<&T::oauth>("oauth_config", "Where tokens come from, for OAUTHBEARER."));
  }
};

struct Authentication {
  std::string type = "none";
  std::optional<TlsClientArguments> tls;
  std::optional<SaslArguments> sasl;

  static constexpr auto schema() {
    using T = Authentication;
    return fields(optional<&T::type>("type", "none, ssl or sasl."),
                  block<&T::tls>("tls_config", "TLS towards the brokers, for the type ssl."),
                  block<&T::sasl>("sasl_config", "SASL, for the type sasl."));
  }
};

struct Arguments {
  std::vector<std::string> brokers;
  std::vector<std::string> topics;
  std::string group_id = "loki.source.kafka";
  std::string assignor = "range";
  std::string version = "2.2.1";
  std::optional<Authentication> authentication;
  bool use_incoming_timestamp = false;
  std::map<std::string, std::string> labels;
  std::vector<LogsReceiverPointer> forward_to;
  RelabelRulesPointer relabel_rules;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::brokers>("brokers", "Where to begin with: host:port."),
        required<&T::topics>("topics", "Topics; what begins with ^ is a regular expression."),
        optional<&T::group_id>("group_id", "The consumer group."),
        optional<&T::assignor>("assignor", "How partitions are shared: range, roundrobin, sticky."),
        optional<&T::version>("version", "Version of the brokers; they are asked for it."),
        block<&T::authentication>("authentication", "How to log in."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        required<&T::forward_to>("forward_to", "Where the entries go."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each entry."));
  }
};

// "2.2.1", or older "0.10.2.0".
Result<> check_version(const std::string& version) {
  const auto parts = split(version, '.');
  const bool is_old = version.starts_with("0.");
  const bool is_valid =
      version.empty() ||
      (parts.size() == (is_old ? 4U : 3U) && std::ranges::all_of(parts, [](std::string_view part) {
         return !part.empty() &&
                std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
       }));
  if (is_valid) return {};
  return fail(fmt::format("invalid version `{}`", version), ErrorKind::invalid);
}

class Kafka final : public ComponentWith<Arguments> {
 public:
  explicit Kafka(Options options)
      : ComponentWith(std::move(options)),
        source_(this->options(), [this](HealthState state, std::string message) {
          if (state == HealthState::healthy) report_healthy(std::move(message));
          if (state == HealthState::unhealthy) report_unhealthy(std::move(message));
        }) {}
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override { return source_.run(std::move(stop)); }

 private:
  Result<> authenticate(const Authentication& authentication, kafka::SourceSettings& settings);

  kafka::Source source_;
};

Result<> Kafka::authenticate(const Authentication& authentication,
                             kafka::SourceSettings& settings) {
  const std::string& type = authentication.type;
  if (type.empty() || type == "none") return {};
  if (type == "ssl") {
    settings.consumer.emplace_back("security.protocol", "ssl");
    return kafka::add_tls(authentication.tls.value_or(TlsClientArguments{}), settings.consumer);
  }
  if (type != "sasl")
    return fail("error setting up kafka authentication: unsupported authentication type " + type,
                ErrorKind::invalid);
  const SaslArguments sasl = authentication.sasl.value_or(SaslArguments{});
  TRY(kafka::add_sasl({.mechanism = sasl.mechanism,
                       .user = sasl.user,
                       .password = sasl.password.value,
                       .use_tls = sasl.use_tls},
                      settings.consumer));
  if (sasl.use_tls) TRY(kafka::add_tls(sasl.tls.value_or(TlsClientArguments{}), settings.consumer));
  if (sasl.mechanism != "OAUTHBEARER") return {};
  const OAuth oauth = sasl.oauth.value_or(OAuth{});
  if (oauth.token_provider != "azure")
    return fail(fmt::format("error setting up kafka authentication: unable to create new access "
                            "token provider: token provider '{}' is not supported",
                            oauth.token_provider),
                ErrorKind::invalid);
  TRY(settings.get_token, cloud_tokens::azure_default_tokens(options(), oauth.scopes));
  return {};
}

Result<> Kafka::update(Arguments arguments) {
  TRY(check_version(arguments.version));
  kafka::SourceSettings settings{
      .topics = std::move(arguments.topics),
      .group_id = arguments.group_id.empty() ? "promtail" : std::move(arguments.group_id),
      .labels = std::move(arguments.labels),
      .rules = std::move(arguments.relabel_rules),
      .use_incoming_timestamp = arguments.use_incoming_timestamp};
  TRY(settings.consumer, kafka::make_settings(arguments.brokers, arguments.assignor));
  if (arguments.authentication) TRY(authenticate(*arguments.authentication, settings));
  return source_.update(std::move(settings), std::move(arguments.forward_to));
}

}  // namespace
}  // namespace alloy::loki::source_kafka

namespace alloy {

extern const ComponentType loki_source_kafka = {
    .name = "loki.source.kafka",
    .doc = "Reads log entries from topics of Kafka.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_kafka::Arguments>,
    .create = create<loki::source_kafka::Kafka>,
};

}  // namespace alloy
