// Asking HTTP servers.
#include "components/discovery/shared/http_refresh.h"

#include "base/text.h"

namespace alloy::discovery {

Result<ClientPointer> make_client(const HttpClientArguments& arguments,
                                  const DiscoveryContext& context) {
  return net::HttpClient::create(context.executor.any(), arguments.options(context.user_agent));
}

Task<Result<net::Response>> HttpRefreshDiscoverer::fetch(net::Request request,
                                                         StopToken stop) const {
  constexpr Duration timeout_min = 10s;
  request.timeout = std::max(interval(), timeout_min);
  co_return co_await client_->fetch(std::move(request), std::move(stop));
}

Task<Result<net::Response>> HttpRefreshDiscoverer::fetch_good(net::Request request,
                                                              StopToken stop) const {
  CO_TRY(auto response, co_await fetch(std::move(request), std::move(stop)));
  if (response.is_success()) co_return response;
  constexpr size_t shown_max = 200;
  const auto body = trim(std::string_view(response.body).substr(0, shown_max));
  co_return fail(fmt::format("server returned HTTP status {}{}{}", response.status_line,
                             body.empty() ? "" : ": ", body));
}

Task<Result<JsonDocument>> HttpRefreshDiscoverer::fetch_json(std::string url, net::Headers headers,
                                                             StopToken stop) const {
  net::Request request{.url = std::move(url), .headers = std::move(headers)};
  CO_TRY(const auto response, co_await fetch_good(std::move(request), std::move(stop)));
  co_return JsonDocument::parse(response.body);
}

std::string without_slashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace alloy::discovery
