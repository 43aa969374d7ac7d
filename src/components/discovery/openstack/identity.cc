// OpenStack's Identity API v3.
#include "components/discovery/openstack/identity.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::discovery::openstack {
namespace {

std::string variable(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = std::getenv(name); value != nullptr && *value != 0) return value;
  return {};
}

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// {"id":…} or {"name":…}; empty if neither is given.
std::string by_id_or_name(const std::string& id, const std::string& name) {
  if (!id.empty()) return fmt::format("{{\"id\":{}}}", json(id));
  if (!name.empty()) return fmt::format("{{\"name\":{}}}", json(name));
  return {};
}

// The user of a password or of an application credential's name. Members in the order of names.
Result<std::string> user(const Login& login, bool with_password) {
  const std::string password =
      with_password ? fmt::format(",\"password\":{}", json(login.password)) : std::string();
  if (!login.user_id.empty()) return fmt::format("{{\"id\":{}{}}}", json(login.user_id), password);
  if (login.username.empty()) return fail("you must provide a username or a user id");
  const std::string domain = by_id_or_name(login.domain_id, login.domain_name);
  if (domain.empty()) return fail("you must provide a domain id or name with a username");
  return fmt::format("{{\"domain\":{},\"name\":{}{}}}", domain, json(login.username), password);
}

std::string scope(const Login& login) {
  if (!login.project_id.empty())
    return fmt::format(",\"scope\":{{\"project\":{{\"id\":{}}}}}", json(login.project_id));
  const std::string domain = by_id_or_name(login.domain_id, login.domain_name);
  if (!login.project_name.empty())
    return fmt::format(",\"scope\":{{\"project\":{{\"domain\":{},\"name\":{}}}}}", domain,
                       json(login.project_name));
  return {};
}

}  // namespace

Login login_from_environment() {
  return {.identity_endpoint = variable({"OS_AUTH_URL"}),
          .username = variable({"OS_USERNAME"}),
          .user_id = variable({"OS_USERID", "OS_USER_ID"}),
          .password = variable({"OS_PASSWORD"}),
          .project_name = variable({"OS_PROJECT_NAME", "OS_TENANT_NAME"}),
          .project_id = variable({"OS_PROJECT_ID", "OS_TENANT_ID"}),
          .domain_name = variable({"OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME"}),
          .domain_id = variable({"OS_DOMAIN_ID", "OS_USER_DOMAIN_ID"}),
          .credential_name = variable({"OS_APPLICATION_CREDENTIAL_NAME"}),
          .credential_id = variable({"OS_APPLICATION_CREDENTIAL_ID"}),
          .credential_secret = variable({"OS_APPLICATION_CREDENTIAL_SECRET"})};
}

Result<std::string> login_body(const Login& login) {
  if (!login.password.empty()) {
    TRY(const auto who, user(login, true));
    return fmt::format(
        "{{\"auth\":{{\"identity\":{{\"methods\":[\"password\"],\"password\":{{\"user\":{}}}}}{}}}}"
        "}",
        who, scope(login));
  }
  if (login.credential_secret.empty())
    return fail("you must provide a password or an application credential");
  std::string credential;
  if (!login.credential_id.empty()) {
    credential = fmt::format("{{\"id\":{},\"secret\":{}}}", json(login.credential_id),
                             json(login.credential_secret));
  } else {
    TRY(const auto who, user(login, false));
    credential = fmt::format("{{\"name\":{},\"secret\":{},\"user\":{}}}",
                             json(login.credential_name), json(login.credential_secret), who);
  }
  return fmt::format(
      "{{\"auth\":{{\"identity\":{{\"application_credential\":{},\"methods\":"
      "[\"application_credential\"]}}}}}}",
      credential);
}

std::string token_url(const Login& login) {
  std::string url = login.identity_endpoint;
  while (url.ends_with('/')) url.pop_back();
  if (!url.ends_with("/v3")) url += "/v3";
  return url + "/auth/tokens";
}

Result<std::string> find_service(JsonNode token, std::string_view type, std::string_view region,
                                 std::string_view availability) {
  for (const JsonNode& service : token["catalog"].elements()) {
    if (service["type"].text() != type) continue;
    for (const JsonNode& endpoint : service["endpoints"].elements()) {
      const bool is_there =
          endpoint["region"].text() == region || endpoint["region_id"].text() == region;
      if (is_there && endpoint["interface"].text() == availability)
        return std::string(endpoint["url"].text());
    }
  }
  return fail(
      fmt::format("No suitable endpoint could be found in the service catalog for {}", type));
}

}  // namespace alloy::discovery::openstack
