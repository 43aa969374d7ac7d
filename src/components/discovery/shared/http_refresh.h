// A discoverer that asks an HTTP server at an interval.
#pragma once

#include "components/discovery/shared/refresh.h"
#include "components/shared/http_client_arguments.h"
#include "components/shared/json.h"
#include "net/http_client.h"

namespace alloy::discovery {

// What some discoveries let their users say about the HTTP client: all but credentials.
struct TransportArguments {
  ProxyArguments proxy;
  TlsClientArguments tls;
  bool follow_redirects = true;
  bool enable_http2 = true;
  HeaderArguments http_headers;

  static constexpr auto schema() {
    using T = TransportArguments;
    return fields(
        inlined<&T::proxy>(), block<&T::tls>("tls_config", "TLS towards the server."),
        optional<&T::follow_redirects>("follow_redirects", "Whether redirects are followed."),
        optional<&T::enable_http2>("enable_http2", "Whether HTTP/2 may be used over TLS."),
        optional<&T::http_headers>("http_headers", "Headers to send with every request."));
  }
  Result<> validate() const {
    TRY(tls.validate());
    return proxy.validate();
  }
  HttpClientArguments client() const {
    return {.proxy = proxy,
            .tls = tls,
            .follow_redirects = follow_redirects,
            .enable_http2 = enable_http2,
            .http_headers = http_headers};
  }
};

using ClientPointer = std::unique_ptr<net::HttpClient>;

Result<ClientPointer> make_client(const HttpClientArguments& arguments,
                                  const DiscoveryContext& context);

class HttpRefreshDiscoverer : public RefreshDiscoverer {
 public:
  HttpRefreshDiscoverer(std::string mechanism, Duration interval, ClientPointer client,
                        const DiscoveryContext& context)
      : RefreshDiscoverer(std::move(mechanism), interval, context), client_(std::move(client)) {}

 protected:
  // Whatever the answer is. An answer may take as long as the interval, at least ten seconds.
  Task<Result<net::Response>> fetch(net::Request request, StopToken stop) const;
  // Fails unless the status is 2xx: "<what>: server returned HTTP status 500 Internal Server
  // Error".
  Task<Result<net::Response>> fetch_good(net::Request request, StopToken stop) const;
  // The JSON of a good answer.
  Task<Result<JsonDocument>> fetch_json(std::string url, net::Headers headers,
                                        StopToken stop) const;

 private:
  ClientPointer client_;
};

// A URL without slashes at its end, for paths to be added.
std::string without_slashes(std::string url);

}  // namespace alloy::discovery
