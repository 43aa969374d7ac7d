#include "net/http_client.h"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "net/answer_receiver.h"
#include "net/authorization.h"
#include "net/curl_multi.h"
#include "net/exchange.h"
#include "net/exchange_error.h"
#include "net/in_memory.h"
#include "net/oauth2.h"
#include "net/proxy.h"
#include "net/tls_material.h"
#include "net/url.h"

namespace alloy::net {
namespace asio = boost::asio;

namespace {

constexpr int redirects_max = 10;

// "Get" for "GET": how Go names the operation in an error.
std::string operation_name(std::string_view method) {
  std::string name(method);
  for (size_t i = 1; i < name.size(); ++i) {
    if (name[i] >= 'A' && name[i] <= 'Z') name[i] = static_cast<char>(name[i] + 32);
  }
  return name;
}

std::unexpected<Error> url_error(std::string_view method, std::string_view url, Error error) {
  return std::unexpected(
      std::move(error).with_context(fmt::format("{} {}", operation_name(method), quote(url))));
}

// Whether credentials meant for `origin` may go to `other`: the same host or one below it.
bool is_same_site(const std::string& origin, const std::string& other) {
  if (equals_ignoring_case(origin, other)) return true;
  return other.size() > origin.size() && other[other.size() - origin.size() - 1] == '.' &&
         equals_ignoring_case(std::string_view(other).substr(other.size() - origin.size()), origin);
}

// A line end in a field would begin another one.
Result<void> check_headers(const Headers& headers) {
  for (const Header& field : headers) {
    if (field.name.empty() || field.name.find_first_of(" \t\r\n:") != std::string::npos) {
      return fail(fmt::format("net/http: invalid header field name {}", quote(field.name)),
                  ErrorKind::invalid);
    }
    if (field.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return fail(fmt::format("net/http: invalid header field value for {}", quote(field.name)),
                  ErrorKind::invalid);
    }
  }
  return {};
}

// Where the request stands between two hops of a chain of redirects.
struct Chain {
  Request request;
  Url url;
  std::string first_host;
  std::string method;
  std::string_view body;
  SteadyTime deadline = SteadyTime::max();

  Duration time_left() const {
    if (deadline == SteadyTime::max()) return Duration::zero();
    return std::max<Duration>(deadline - real_clock().steady(), 1ns);
  }
};

// Makes the next hop of a redirect: where to, and what is left of the request (RFC 9110, 15.4).
Result<void> follow(Chain& chain, const Response& response) {
  const std::string location(response.headers.get("Location"));
  auto next = resolve_url(chain.url, location);
  if (!next) {
    return fail(fmt::format("failed to parse Location header {}: {}", quote(location),
                            next.error().message()),
                ErrorKind::invalid);
  }
  if (response.status <= 303) {
    if (chain.method != "GET" && chain.method != "HEAD") chain.method = "GET";
    chain.body = {};
    chain.request.headers.remove("Content-Type");
    chain.request.headers.remove("Content-Encoding");
  }
  chain.url = *std::move(next);
  if (!is_same_site(chain.first_host, chain.url.host_name())) {
    for (const char* name : {"Authorization", "Cookie", "Proxy-Authorization"}) {
      chain.request.headers.remove(name);
    }
  }
  return {};
}

}  // namespace

struct HttpClient::State {
  AnyExecutor executor;
  AnyExecutor strand;  // Everything below is used on it.
  HttpClientOptions options;
  std::shared_ptr<CurlMulti> multi;
  FileCache files;
  std::unique_ptr<OAuth2TokenSource> tokens;

  // A whole request, redirects and all. `self` keeps the state alive.
  static Task<Result<Response>> run(std::shared_ptr<State> self, Request request, StopToken stop);
  // One request to one place.
  Task<Result<void>> hop(Chain* chain, AnswerReceiver* receiver, StopToken stop);
  Task<Result<std::string>> authorization(const Chain* chain, StopToken stop);
  Task<Result<std::shared_ptr<Exchange>>> make_exchange(const Chain* chain, StopToken stop);
  Result<void> set_route(Exchange& exchange, const Url& url);
};

Task<Result<std::string>> HttpClient::State::authorization(const Chain* chain, StopToken stop) {
  if (chain->request.headers.contains("Authorization")) co_return "";
  if (chain->url.has_user) {
    co_return basic_authorization(chain->url.user, chain->url.password.value_or(""));
  }
  if (!is_same_site(chain->first_host, chain->url.host_name())) co_return "";
  if (options.basic_auth) co_return authorization_of(*options.basic_auth);
  if (options.authorization) co_return authorization_of(*options.authorization);
  if (tokens) co_return co_await tokens->authorization(chain->time_left(), std::move(stop));
  co_return "";
}

Result<void> HttpClient::State::set_route(Exchange& exchange, const Url& url) {
  Url plain = url;
  plain.has_user = false;
  plain.user.clear();
  plain.password.reset();
  plain.fragment.clear();
  exchange.proxy = choose_proxy(options.proxy, url);
  if (url.scheme == "https") {
    TRY(exchange.material, read_tls_material(options.tls, files));
    // CONNECT is the only request that carries these.
    if (!exchange.proxy.empty()) exchange.connect_headers = options.proxy.connect_headers;
    if (!options.tls.server_name.empty()) {
      // libcurl takes the name to ask for and to verify from the URL: so that names the other
      // host, and the connection goes to the real one all the same.
      const std::string port = port_or_default(url);
      const std::string name = url.host_name();
      exchange.connect_to = fmt::format("{}:{}:{}:{}", options.tls.server_name, port,
                                        name.contains(':') ? "[" + name + "]" : name, port);
      if (!exchange.headers.contains("Host")) exchange.headers.add("Host", url.host);
      plain.host = fmt::format("{}:{}", options.tls.server_name, port);
    }
  }
  exchange.url = fmt::format("{}://{}{}", plain.scheme, plain.host, plain.target());
  return {};
}

Task<Result<std::shared_ptr<Exchange>>> HttpClient::State::make_exchange(const Chain* chain,
                                                                         StopToken stop) {
  CO_TRY(std::string authorization_value, co_await authorization(chain, std::move(stop)));
  auto exchange = std::make_shared<Exchange>();
  exchange->method = chain->method;
  exchange->body = chain->body;
  exchange->allow_http2 = options.enable_http2;
  exchange->http2_prior_knowledge = options.http2_prior_knowledge;
  exchange->tls = &options.tls;
  exchange->unix_socket = options.unix_socket;
  exchange->throttle = chain->request.throttle;
  exchange->trace = chain->request.trace;
  for (const Header& header : options.headers) {
    if (!chain->request.headers.contains(header.name)) {
      exchange->headers.add(header.name, header.value);
    }
  }
  for (const Header& header : chain->request.headers) {
    exchange->headers.add(header.name, header.value);
  }
  if (!authorization_value.empty()) {
    exchange->headers.set("Authorization", std::move(authorization_value));
  }
  if (!options.user_agent.empty() && !exchange->headers.contains("User-Agent")) {
    exchange->headers.add("User-Agent", options.user_agent);
  }
  if (chain->request.decoding != Decoding::none && chain->method != "HEAD" &&
      !exchange->headers.contains("Accept-Encoding") && !exchange->headers.contains("Range")) {
    exchange->headers.add("Accept-Encoding",
                          chain->request.decoding == Decoding::gzip_zstd ? "zstd, gzip" : "gzip");
  }
  CO_TRY(check_headers(exchange->headers));
  CO_TRY(set_route(*exchange, chain->url));
  const std::string& address = chain->request.address;
  const bool is_first_host = chain->url.host_name() == chain->first_host;
  if (!address.empty() && is_first_host && exchange->proxy.empty()) {
    exchange->connect_to =
        fmt::format("::{}:", address.contains(':') ? fmt::format("[{}]", address) : address);
  }
  if (!options.unix_socket.empty()) exchange->proxy.clear();
  exchange->timeout = chain->time_left();  // Getting a token may have taken some.
  co_return exchange;
}

Task<Result<void>> HttpClient::State::hop(Chain* chain, AnswerReceiver* receiver, StopToken stop) {
  CO_TRY(const auto exchange, co_await make_exchange(chain, stop));
  const std::string address =
      fmt::format("{}:{}", chain->url.host_name(), port_or_default(chain->url));
  const auto in_memory = options.in_memory.find(address);
  if (in_memory != options.in_memory.end()) {
    CO_TRY(co_await answer_in_memory(executor, in_memory->second, exchange, chain->url, receiver,
                                     std::move(stop)));
    co_return receiver->finish();
  }
  exchange->receiver = receiver;
  CO_TRY(co_await multi->perform(exchange, std::move(stop)));
  if (receiver->error()) co_return std::unexpected(*receiver->error());
  if (exchange->stopped || (exchange->curl_code != 0 && !receiver->has_enough())) {
    co_return std::unexpected(exchange_error(*exchange, chain->url));
  }
  // libcurl is content with a head that breaks off.
  if (!receiver->has_head()) {
    co_return fail("net/http: HTTP/1.x transport connection broken: unexpected EOF");
  }
  co_return receiver->finish();
}

Task<Result<Response>> HttpClient::State::run(std::shared_ptr<State> self, Request request,
                                              StopToken stop) {
  Chain chain;
  chain.request = std::move(request);
  chain.method = chain.request.method;
  chain.body = chain.request.body;
  if (chain.request.timeout > Duration::zero()) {
    chain.deadline = real_clock().steady() + chain.request.timeout;
  }
  CO_TRY(chain.url, parse_url(chain.request.url));
  chain.first_host = chain.url.host_name();
  for (int redirects = 0;; ++redirects) {
    const std::string shown_url = chain.url.redacted("***");
    if (chain.url.scheme != "http" && chain.url.scheme != "https") {
      co_return url_error(
          chain.request.method, shown_url,
          Error(fmt::format("unsupported protocol scheme {}", quote(chain.url.scheme)),
                ErrorKind::invalid));
    }
    if (chain.url.host.empty()) {
      co_return url_error(chain.request.method, shown_url,
                          Error("http: no Host in request URL", ErrorKind::invalid));
    }
    Response response;
    AnswerReceiver receiver(chain.request, self->options.follow_redirects, response);
    auto result = co_await self->hop(&chain, &receiver, stop);
    if (!result) {
      // Go names the URL as long as it waits for the head.
      if (receiver.has_head()) co_return std::unexpected(std::move(result).error());
      co_return url_error(chain.request.method, shown_url, std::move(result).error());
    }
    if (!receiver.is_redirect()) co_return response;
    if (redirects == redirects_max) {
      co_return url_error(chain.request.method, response.headers.get("Location"),
                          Error("stopped after 10 redirects"));
    }
    if (auto followed = follow(chain, response); !followed) {
      co_return url_error(chain.request.method, shown_url, std::move(followed).error());
    }
  }
}

HttpClient::HttpClient(std::shared_ptr<State> state) : state_(std::move(state)) {}
HttpClient::~HttpClient() = default;

const HttpClientOptions& HttpClient::options() const { return state_->options; }

Result<std::unique_ptr<HttpClient>> HttpClient::create(AnyExecutor executor,
                                                       HttpClientOptions options) {
  const int ways = options.basic_auth.has_value() + options.authorization.has_value() +
                   options.oauth2.has_value();
  if (ways > 1) {
    return fail("at most one of basic_auth, authorization & oauth2 must be configured",
                ErrorKind::invalid);
  }
  if (!options.proxy.url.empty()) TRY(parse_url(options.proxy.url));
  auto state = std::make_shared<State>();
  state->executor = executor;
  state->strand = asio::make_strand(executor);
  state->multi = CurlMulti::create(state->strand);
  if (options.oauth2) {
    TRY(parse_url(options.oauth2->token_url));
    state->tokens =
        std::make_unique<OAuth2TokenSource>(executor, *options.oauth2, options.user_agent);
  }
  state->options = std::move(options);
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(state)));
}

Task<Result<Response>> HttpClient::fetch(Request request, StopToken stop) {
  const auto state = state_;
  if (stop.stop_requested()) co_return fail("context canceled", ErrorKind::stopped);
  co_return co_await asio::co_spawn(
      state->strand, State::run(state, std::move(request), std::move(stop)), asio::use_awaitable);
}

}  // namespace alloy::net
