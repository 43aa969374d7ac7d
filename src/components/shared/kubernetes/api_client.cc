#include "components/shared/kubernetes/api_client.h"

#include "components/shared/kubernetes/informer.h"
#include "net/url.h"
#include "services/identity.h"

namespace alloy::kubernetes {

Result<> ClientArguments::validate() {
  const bool is_usual = http == HttpClientArguments{};
  if (!api_server.empty() && !kubeconfig_file.empty())
    return fail("only one of api_server and kubeconfig_file can be set");
  if (!kubeconfig_file.empty() && !is_usual)
    return fail("custom HTTP client configuration is not allowed when kubeconfig_file is set");
  if (api_server.empty() && !is_usual)
    return fail("api_server must be set when custom HTTP client configuration is provided");
  return http.validate();
}

Result<Connection> find_connection(const UrlArgument& api_server,
                                   const std::string& kubeconfig_file,
                                   const HttpClientArguments& http, const Logger& logger) {
  if (!kubeconfig_file.empty()) return connection_from_kubeconfig(kubeconfig_file);
  if (api_server.empty()) {
    TRY(auto connection, connection_in_cluster());
    logger.info("Using pod service account via in-cluster config");
    return connection;
  }
  Connection connection{.url = api_server.text, .client = http.options({}), .name_space = {}};
  while (connection.url.ends_with('/')) connection.url.pop_back();
  return connection;
}

Result<std::shared_ptr<ApiClient>> ApiClient::create(Connection connection,
                                                     const Options& options) {
  const auto* identity = options.services.find<Identity>();
  connection.client.user_agent = identity != nullptr ? identity->user_agent : "Alloy";
  TRY(auto http, net::HttpClient::create(options.executor.any(), std::move(connection.client)));
  return std::shared_ptr<ApiClient>(new ApiClient(std::move(connection.url), std::move(http)));
}

Result<std::shared_ptr<ApiClient>> ApiClient::create(const ClientArguments& arguments,
                                                     const Options& options) {
  TRY(auto connection, find_connection(arguments.api_server, arguments.kubeconfig_file,
                                       arguments.http, options.logger));
  return create(std::move(connection), options);
}

Result<std::shared_ptr<ApiClient>> ApiClient::create_from_environment(const Options& options) {
  auto connection = connection_from_environment();
  if (!connection)
    return std::unexpected(std::move(connection).error().with_context("failed to get k8s config"));
  return create(*std::move(connection), options);
}

Task<Result<std::string>> ApiClient::get(std::string path, Duration timeout, StopToken stop) {
  net::Request request{.url = url_ + path, .timeout = timeout};
  request.headers.add("Accept", "application/json");
  CO_TRY(auto response, co_await http_->fetch(std::move(request), std::move(stop)));
  if (response.status == 200) co_return std::move(response.body);
  const Error error = status_error(response.status, response.status_line, response.body);
  constexpr int not_found = 404;
  co_return fail(error.message(),
                 response.status == not_found ? ErrorKind::not_found : ErrorKind::failed);
}

std::string core_path(std::string_view name_space, std::string_view plural, std::string_view name) {
  return fmt::format("/api/v1/namespaces/{}/{}/{}", net::escape_path_segment(name_space), plural,
                     net::escape_path_segment(name));
}

}  // namespace alloy::kubernetes
