// Questions to Consul's HTTP API.
#include "components/discovery/shared/consul_client.h"

#include <charconv>

#include "base/text.h"
#include "net/url.h"

namespace alloy::discovery {

Result<ConsulClient> ConsulClient::create(std::string_view scheme, std::string_view server,
                                          std::string token, net::HttpClientOptions options,
                                          const DiscoveryContext& context) {
  std::string url =
      server.contains("://") ? std::string(server) : fmt::format("{}://{}", scheme, server);
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail(fmt::format("unknown protocol scheme in {}", quote(url)), ErrorKind::invalid);
  while (url.ends_with('/')) url.pop_back();
  TRY(auto client, net::HttpClient::create(context.executor.any(), std::move(options)));
  return ConsulClient(std::move(url), std::move(token), std::move(client));
}

Task<Result<ConsulAnswer>> ConsulClient::ask(std::string path,
                                             std::multimap<std::string, std::string> parameters,
                                             StopToken stop, bool (*expects)(int status)) const {
  const std::string query = net::encode_query(parameters);
  net::Request request{.url = url_ + path + (query.empty() ? "" : "?" + query),
                       .timeout = consul_wait + consul_retry};
  if (!token_.empty()) request.headers.add("X-Consul-Token", token_);
  CO_TRY(const auto response, co_await client_->fetch(std::move(request), std::move(stop)));
  if (response.status != 200 && (expects == nullptr || !expects(response.status))) {
    constexpr size_t shown_max = 200;
    co_return fail(fmt::format("Unexpected response code: {} ({})", response.status,
                               trim(std::string_view(response.body).substr(0, shown_max))));
  }
  CO_TRY(auto document, JsonDocument::parse(response.body.empty() ? "null" : response.body));
  uint64_t index = 0;
  const auto text = response.headers.get("X-Consul-Index");
  std::from_chars(text.data(), text.data() + text.size(), index);
  co_return ConsulAnswer{
      .status = response.status, .index = index, .document = std::move(document)};
}

}  // namespace alloy::discovery
