// Finding an API server and the credentials for it.
#include "components/shared/kubernetes/connection.h"

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "values/stdlib/base64.h"
#include "values/stdlib/yaml_decode.h"

namespace alloy::kubernetes {
namespace {

const Value* member(const Value* object, std::string_view name) {
  return object != nullptr && object->is_object() ? object->as_object()->find(name) : nullptr;
}

std::string text_member(const Value* object, std::string_view name) {
  const Value* value = member(object, name);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

bool flag_member(const Value* object, std::string_view name) {
  const Value* value = member(object, name);
  return value != nullptr && value->is_boolean() && value->as_boolean();
}

// kubeconfigs keep clusters, users and contexts in lists of {name, <kind>}.
Result<Value> named(const Value& root, std::string_view list_name, std::string_view kind,
                    const std::string& name) {
  const Value* list = member(&root, list_name);
  if (list != nullptr && list->is_array()) {
    const auto& array = *list->as_array();
    for (size_t i = 0; i < array.size(); ++i) {
      const Value entry = array.at(i);
      if (text_member(&entry, "name") != name) continue;
      const Value* found = member(&entry, kind);
      return found != nullptr ? *found : Value();
    }
  }
  return fail(fmt::format("{} {} does not exist", kind, quote(name)), ErrorKind::invalid);
}

// "<name>-data" holds the text in base64, "<name>" the path of a file.
Result<> read_pem(const Value* from, const std::string& name, const std::string& folder,
                  std::string& pem, std::string& file) {
  const std::string data = text_member(from, name + "-data");
  if (!data.empty()) {
    auto decoded = stdlib::decode_base64(data, stdlib::Base64Alphabet::standard);
    if (!decoded) return std::unexpected(std::move(decoded).error().with_context(name + "-data"));
    pem = *std::move(decoded);
    return {};
  }
  const std::string path = text_member(from, name);
  if (!path.empty()) file = (std::filesystem::path(folder) / path).string();
  return {};
}

Result<> read_user(const Value& user, const std::string& folder, net::HttpClientOptions& client) {
  for (const std::string_view unsupported : {"exec", "auth-provider"})
    if (member(&user, unsupported) != nullptr)
      return fail(fmt::format("users that authenticate with {} are not supported", unsupported),
                  ErrorKind::invalid);
  TRY(read_pem(&user, "client-certificate", folder, client.tls.cert_pem, client.tls.cert_file));
  TRY(read_pem(&user, "client-key", folder, client.tls.key_pem, client.tls.key_file));
  const std::string token = text_member(&user, "token");
  const std::string token_file = text_member(&user, "tokenFile");
  if (!token_file.empty()) {
    client.authorization = net::Authorization{
        .credentials_file = (std::filesystem::path(folder) / token_file).string()};
  } else if (!token.empty()) {
    client.authorization = net::Authorization{.credentials = token};
  } else if (const std::string name = text_member(&user, "username"); !name.empty()) {
    client.basic_auth =
        net::BasicAuth{.username = name, .password = text_member(&user, "password")};
  }
  return {};
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Result<Connection> parse_kubeconfig(const std::string& text, const std::string& folder) {
  TRY(const Value root, stdlib::decode_yaml(text));
  const std::string context_name = text_member(&root, "current-context");
  if (context_name.empty())
    return fail("invalid configuration: no configuration has been provided", ErrorKind::invalid);
  TRY(const Value context, named(root, "contexts", "context", context_name));
  TRY(const Value cluster, named(root, "clusters", "cluster", text_member(&context, "cluster")));
  Connection connection;
  connection.url = without_slash(text_member(&cluster, "server"));
  if (connection.url.empty())
    return fail("invalid configuration: no server found for cluster", ErrorKind::invalid);
  if (!connection.url.contains("://")) connection.url = "http://" + connection.url;
  connection.name_space = text_member(&context, "namespace");
  auto& tls = connection.client.tls;
  TRY(read_pem(&cluster, "certificate-authority", folder, tls.ca_pem, tls.ca_file));
  tls.insecure_skip_verify = flag_member(&cluster, "insecure-skip-tls-verify");
  tls.server_name = text_member(&cluster, "tls-server-name");
  connection.client.proxy.url = text_member(&cluster, "proxy-url");
  connection.client.proxy.from_environment = connection.client.proxy.url.empty();
  const std::string user_name = text_member(&context, "user");
  if (!user_name.empty()) {
    TRY(const Value user, named(root, "users", "user", user_name));
    TRY(read_user(user, folder, connection.client));
  }
  return connection;
}

Result<Connection> connection_from_kubeconfig(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::unexpected(Error::from_errno("stat " + path));
  TRY(const std::string text, read_file(path));
  auto connection = parse_kubeconfig(text, std::filesystem::path(path).parent_path().string());
  if (!connection)
    return std::unexpected(
        std::move(connection).error().with_context("error loading config file " + quote(path)));
  return connection;
}

Result<Connection> connection_in_cluster(std::string_view folder) {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr || *host == 0 || *port == 0)
    return fail(
        "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and "
        "KUBERNETES_SERVICE_PORT must be defined");
  const std::string token_file = std::string(folder) + "/token";
  TRY(read_file(token_file));
  Connection connection;
  connection.url = std::string_view(host).contains(':') ? fmt::format("https://[{}]:{}", host, port)
                                                        : fmt::format("https://{}:{}", host, port);
  // Tokens are renewed under way: the file is read for each request.
  connection.client.authorization = net::Authorization{.credentials_file = token_file};
  connection.client.tls.ca_file = std::string(folder) + "/ca.crt";
  if (auto name = read_file(std::string(folder) + "/namespace"))
    connection.name_space = trim(*name);
  return connection;
}

Result<Connection> connection_from_environment() {
  if (const char* paths = std::getenv("KUBECONFIG"); paths != nullptr && *paths != '\0') {
    for (const std::string_view path : split(paths, ':'))
      if (!path.empty() && std::filesystem::exists(path))
        return connection_from_kubeconfig(std::string(path));
  } else {
    if (auto connection = connection_in_cluster()) return connection;
    const char* home = std::getenv("HOME");
    const std::string path = fmt::format("{}/.kube/config", home != nullptr ? home : "");
    if (std::filesystem::exists(path)) return connection_from_kubeconfig(path);
  }
  return fail(
      "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER "
      "environment variable",
      ErrorKind::invalid);
}

}  // namespace alloy::kubernetes
