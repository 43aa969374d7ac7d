// Tokens for Azure: from a client's secret, a workload identity, or the machine's identity.
#pragma once

#include <optional>
#include <string>

#include "base/executor.h"
#include "components/discovery/shared/http_refresh.h"

namespace alloy::discovery::azure {

// The addresses of a cloud.
struct Cloud {
  std::string_view login;     // "https://login.microsoftonline.com"
  std::string_view resource;  // "https://management.azure.com"
};
// By the name that `environment` gives; fails for unknown ones.
Result<Cloud> find_cloud(std::string_view name);

enum class TokenKind : unsigned char { client_secret, workload_identity, managed_identity };

struct TokenOptions {
  TokenKind kind = TokenKind::managed_identity;
  Cloud cloud;
  std::string tenant_id;
  std::string client_id;
  std::string client_secret;
  std::string token_file;  // Of a workload identity.
};

// What the environment provides, in the order of Azure's own clients.
TokenOptions options_from_environment(Cloud cloud, std::string tenant_id);

class TokenSource {
 public:
  TokenSource(TokenOptions options, ClientPointer client, const DiscoveryContext& context)
      : options_(std::move(options)), client_(std::move(client)), context_(context) {}

  // "Bearer …"; a new one shortly before the old one expires. On one strand.
  Task<Result<std::string>> authorization(StopToken stop);

 private:
  Task<Result<net::Response>> ask_login(StopToken stop);
  Task<Result<net::Response>> ask_machine(StopToken stop);

  TokenOptions options_;
  ClientPointer client_;
  const DiscoveryContext& context_;
  std::string authorization_;
  std::optional<SteadyTime> expires_;
};

}  // namespace alloy::discovery::azure
