// How components reach a Kubernetes API server: their `client` block, and the client made of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "component/component.h"
#include "components/shared/http_client_arguments.h"
#include "components/shared/kubernetes/connection.h"
#include "net/http_client.h"

namespace alloy::kubernetes {

// The `client` block. With neither a server nor a kubeconfig file: the pod's own credentials.
struct ClientArguments {
  UrlArgument api_server;
  std::string kubeconfig_file;
  HttpClientArguments http;

  static constexpr auto schema() {
    using T = ClientArguments;
    return fields(optional<&T::api_server>("api_server", "URL of the API server."),
                  optional<&T::kubeconfig_file>(
                      "kubeconfig_file", "A kubeconfig file with the API server and credentials."),
                  inlined<&T::http>());
  }
  Result<> validate();
  bool operator==(const ClientArguments&) const = default;
};

// Where the arguments lead. Reads files: small ones, at once.
Result<Connection> find_connection(const UrlArgument& api_server,
                                   const std::string& kubeconfig_file,
                                   const HttpClientArguments& http, const Logger& logger);

// An API server and how to talk to it. From any strand.
class ApiClient {
 public:
  static Result<std::shared_ptr<ApiClient>> create(const ClientArguments& arguments,
                                                   const Options& options);
  // As tools on the command line find theirs: by KUBECONFIG, inside a pod by its own credentials,
  // or by ~/.kube/config.
  static Result<std::shared_ptr<ApiClient>> create_from_environment(const Options& options);

  const std::string& url() const { return url_; }
  net::HttpClient& http() { return *http_; }

  // The body of what is at a path ("/api/v1/…"). Fails with what the server says about any status
  // but 200; kind not_found for 404.
  Task<Result<std::string>> get(std::string path, Duration timeout, StopToken stop);

 private:
  static Result<std::shared_ptr<ApiClient>> create(Connection connection, const Options& options);
  ApiClient(std::string url, std::unique_ptr<net::HttpClient> http)
      : url_(std::move(url)), http_(std::move(http)) {}

  std::string url_;
  std::unique_ptr<net::HttpClient> http_;
};

// "/api/v1/namespaces/<namespace>/<plural>/<name>"
std::string core_path(std::string_view name_space, std::string_view plural, std::string_view name);

}  // namespace alloy::kubernetes
