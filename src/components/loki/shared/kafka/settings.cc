#include "components/loki/shared/kafka/settings.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace alloy::loki::kafka {

Result<ConsumerSettings> make_settings(const std::vector<std::string>& brokers,
                                       const std::string& assignor) {
  if (brokers.empty()) return fail("no Kafka bootstrap brokers defined", ErrorKind::invalid);
  std::string servers;
  for (const std::string& broker : brokers) servers += (servers.empty() ? "" : ",") + broker;
  std::string strategy = assignor.empty() ? "range" : assignor;
  if (strategy == "sticky") strategy = "cooperative-sticky";  // The only sticky one it knows.
  if (strategy != "range" && strategy != "roundrobin" && strategy != "cooperative-sticky")
    return fail(fmt::format("unrecognized consumer group partition assignor: {}", assignor),
                ErrorKind::invalid);
  return ConsumerSettings{{"bootstrap.servers", servers},
                          {"client.id", "alloy"},
                          {"partition.assignment.strategy", strategy},
                          {"auto.offset.reset", "earliest"},
                          {"enable.auto.commit", "false"},
                          {"enable.auto.offset.store", "false"},
                          // Who is killed keeps its partitions for so long.
                          {"session.timeout.ms", "10000"},
                          // Full receivers are no reason to be thrown out of the group.
                          {"max.poll.interval.ms", "86400000"},
                          // What is fetched ahead, of each consumer.
                          {"queued.max.messages.kbytes", "16384"},
                          {"queued.min.messages", "10000"},
                          {"topic.metadata.refresh.interval.ms", "30000"},
                          {"log.connection.close", "false"}};
}

Result<> add_tls(const TlsClientArguments& arguments, ConsumerSettings& settings) {
  if (!arguments.server_name.empty())
    return fail("tls_config: server_name is not supported for Kafka", ErrorKind::invalid);
  if (arguments.min_version == TlsClientVersion::tls13)
    return fail("tls_config: min_version TLS13 is not supported for Kafka", ErrorKind::invalid);
  const std::array<std::pair<const char*, std::string>, 6> given = {
      std::pair{"ssl.ca.pem", arguments.ca_pem},
      {"ssl.ca.location", arguments.ca_file},
      {"ssl.certificate.pem", arguments.cert_pem},
      {"ssl.certificate.location", arguments.cert_file},
      {"ssl.key.pem", arguments.key_pem.value},
      {"ssl.key.location", arguments.key_file}};
  for (const auto& [name, value] : given)
    if (!value.empty()) settings.emplace_back(name, value);
  if (arguments.insecure_skip_verify)
    settings.emplace_back("enable.ssl.certificate.verification", "false");
  return {};
}

Result<> add_sasl(const Sasl& sasl, ConsumerSettings& settings) {
  constexpr std::array known = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"};
  if (std::ranges::find(known, sasl.mechanism) == known.end())
    return fail(fmt::format("error setting up kafka authentication: error unsupported sasl "
                            "mechanism: {}",
                            sasl.mechanism),
                ErrorKind::invalid);
  settings.emplace_back("security.protocol", sasl.use_tls ? "sasl_ssl" : "sasl_plaintext");
  settings.emplace_back("sasl.mechanisms", sasl.mechanism);
  if (sasl.mechanism == "OAUTHBEARER") return {};
  settings.emplace_back("sasl.username", sasl.user);
  settings.emplace_back("sasl.password", sasl.password);
  return {};
}

}  // namespace alloy::loki::kafka
