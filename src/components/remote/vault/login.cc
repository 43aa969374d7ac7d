#include "components/remote/vault/login.h"

#include "base/file.h"
#include "base/text.h"

namespace alloy::remote::vault {
namespace {

// How the real program calls each method in errors.
Error failed(const Error& error, std::string_view block, std::string_view method) {
  return Error(
      fmt::format("auth.{}: unable to log in to auth method: unable to log in with {} auth: {}",
                  block, method, error.message()));
}

std::string with_password(const Secret& password) {
  return json_object({{"password", password.value}});
}

Task<Result<Answer>> approle(AppRoleAuth auth, Client* client, StopToken stop) {
  std::string secret = auth.secret.value;
  if (auth.wrapping_token) {
    // The token that unwraps is the credential of that request.
    CO_TRY(
        const auto unwrapped,
        co_await client->write(
            {.path = "sys/wrapping/unwrap", .body = "", .name_space = "", .token = secret}, stop));
    const auto found = unwrapped.data.find("secret_id");
    if (found == unwrapped.data.end()) co_return fail("the wrapped answer has no secret_id");
    secret = found->second;
  }
  co_return co_await client->write(
      {.path = fmt::format("auth/{}/login", auth.mount_path),
       .body = json_object({{"role_id", auth.role_id}, {"secret_id", secret}})},
      std::move(stop));
}

Task<Result<Answer>> kubernetes(KubernetesAuth auth, LoginContext context, StopToken stop) {
  CO_TRY(const auto token,
         co_await run_blocking(context.executor->blocking(),
                               [file = auth.service_account_file] { return read_file(file); }));
  co_return co_await context.client->write(
      {.path = fmt::format("auth/{}/login", auth.mount_path),
       .body = json_object({{"jwt", token}, {"role", auth.role}})},
      std::move(stop));
}

// Sends what one of the clouds' logins has made.
Task<Result<Answer>> send(Result<std::string> body, std::string mount, Client* client,
                          StopToken stop) {
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return co_await client->write(
      {.path = fmt::format("auth/{}/login", mount), .body = *std::move(body)}, std::move(stop));
}

struct Attempt {
  Result<Answer> answer;
  std::string_view block;
  std::string_view method;
};

Task<Attempt> attempt(AuthArguments auth, LoginContext context, StopToken stop) {
  Client* client = context.client;
  if (auth.approle)
    co_return Attempt{co_await approle(*auth.approle, client, stop), "approle", "app role"};
  if (auth.kubernetes)
    co_return Attempt{co_await kubernetes(*auth.kubernetes, context, stop), "kubernetes",
                      "Kubernetes"};
  if (auth.ldap) {
    co_return Attempt{
        co_await client->write(
            {.path = fmt::format("auth/{}/login/{}", auth.ldap->mount_path, auth.ldap->username),
             .body = with_password(auth.ldap->password)},
            stop),
        "ldap", "LDAP"};
  }
  if (auth.userpass) {
    co_return Attempt{
        co_await client->write({.path = fmt::format("auth/{}/login/{}", auth.userpass->mount_path,
                                                    auth.userpass->username),
                                .body = with_password(auth.userpass->password)},
                               stop),
        "userpass", "userpass"};
  }
  if (auth.aws) {
    auto body = co_await aws_login(*auth.aws, context, stop);
    co_return Attempt{co_await send(std::move(body), auth.aws->mount_path, client, stop), "aws",
                      "AWS"};
  }
  if (auth.azure) {
    auto body = co_await azure_login(*auth.azure, context, stop);
    co_return Attempt{co_await send(std::move(body), auth.azure->mount_path, client, stop), "azure",
                      "Azure"};
  }
  ASSERT(auth.gcp);
  auto body = co_await gcp_login(*auth.gcp, context, stop);
  co_return Attempt{co_await send(std::move(body), auth.gcp->mount_path, client, stop), "gcp",
                    "GCP"};
}

Task<Result<Answer>> custom(CustomAuth auth, Client* client, StopToken stop) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [name, value] : auth.data) members.emplace_back(name, value.value);
  auto answer = co_await client->write(
      {.path = auth.path, .body = json_object(members), .name_space = auth.name_space},
      std::move(stop));
  if (!answer) {
    co_return fail("auth.custom: unable to log in to auth method: " + answer.error().message());
  }
  co_return answer;
}

}  // namespace

std::string json_object(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out = "{";
  for (const auto& [name, value] : members) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
  }
  return out + "}";
}

Task<Result<std::optional<Answer>>> log_in(AuthArguments auth, LoginContext context,
                                           StopToken stop) {
  if (auth.token) {
    context.client->set_token(auth.token->token.value);
    co_return std::nullopt;
  }
  // A token that has expired is no good for logging in.
  context.client->set_token("");
  Answer answer;
  if (auth.custom) {
    CO_TRY(answer, co_await custom(*auth.custom, context.client, std::move(stop)));
  } else {
    auto tried = co_await attempt(std::move(auth), context, std::move(stop));
    if (!tried.answer)
      co_return std::unexpected(failed(tried.answer.error(), tried.block, tried.method));
    answer = *std::move(tried.answer);
  }
  if (answer.client_token.empty()) co_return fail("the answer to the login has no token");
  context.client->set_token(answer.client_token);
  co_return std::optional(std::move(answer));
}

}  // namespace alloy::remote::vault
