// What librdkafka is told, from what users say of brokers, group and authentication.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "components/shared/http_client_arguments.h"

namespace alloy::loki::kafka {

using ConsumerSettings = std::vector<std::pair<std::string, std::string>>;

// Brokers, the way partitions are assigned ("range", "roundrobin", "sticky"; empty: range), and
// what holds for every consumer of ours.
Result<ConsumerSettings> make_settings(const std::vector<std::string>& brokers,
                                       const std::string& assignor);

// TLS towards the brokers. Fails for what the library can't do.
Result<> add_tls(const TlsClientArguments& arguments, ConsumerSettings& settings);

struct Sasl {
  std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.
  std::string user;
  std::string password;
  bool use_tls = false;
};
Result<> add_sasl(const Sasl& sasl, ConsumerSettings& settings);

}  // namespace alloy::loki::kafka
