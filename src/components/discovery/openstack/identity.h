// Logging in to OpenStack: what is asked for a token (Identity API v3), and where its services are.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "components/shared/json.h"

namespace alloy::discovery::openstack {

struct Login {
  std::string identity_endpoint;
  std::string username;
  std::string user_id;
  std::string password;
  std::string project_name;
  std::string project_id;
  std::string domain_name;
  std::string domain_id;
  std::string credential_name;
  std::string credential_id;
  std::string credential_secret;
};

// From the variables that OpenStack's own tools read (OS_AUTH_URL, …).
Login login_from_environment();

// The body of the request for a token. Fails when something needed is missing.
Result<std::string> login_body(const Login& login);
// Where tokens are issued: the endpoint with its version.
std::string token_url(const Login& login);

// The URL of a service ("compute", "network") in a region, from a token's catalog.
Result<std::string> find_service(JsonNode token, std::string_view type, std::string_view region,
                                 std::string_view availability);

}  // namespace alloy::discovery::openstack
