// The client for all outgoing HTTP. One instance for one set of options: it keeps its connections
// alive, runs any number of requests side by side without a thread each, and speaks HTTP/1.1 and
// (over TLS) HTTP/2. libcurl does the protocol; it is loaded when the first request needs it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/error.h"
#include "base/task.h"
#include "net/http_client_options.h"
#include "net/http_message.h"
#include "net/throttle.h"

namespace alloy::net {

struct ExchangeTrace;

struct Response {
  int status = 0;
  std::string status_line;  // "404 Not Found", as the server spelled it.
  int http_major = 1;
  Headers headers;
  std::string body;        // Decoded. Empty when the request says where the body goes.
  uint64_t wire_size = 0;  // The size of the body as it came, before decoding.

  bool is_success() const { return status >= 200 && status < 300; }
};

// How the client deals with compressed bodies.
enum class Decoding : unsigned char {
  none,       // Says nothing about compression and hands on what comes.
  gzip,       // Asks for gzip and decodes it, like Go's client.
  gzip_zstd,  // Accepts both.
  // Asks for gzip and decodes what says just that; then even an empty body is broken.
  gzip_strict,
};

struct Request {
  std::string method = "GET";
  std::string url;
  std::string address;  // To connect to in place of the URL's host; empty: it is looked up.
  Headers headers;
  std::string_view body;   // Borrowed until fetch() has returned.
  Duration timeout = 30s;  // For everything, from the token to the last byte; 0: none.
  // Of the decoded answer; a larger one fails (full). 0: none where on_body takes it, 512 MiB where
  // it is kept.
  size_t body_size_max = 256 << 20;
  Decoding decoding = Decoding::gzip;
  // Where the decoded body goes in place of Response::body: cleared, then filled, so that its
  // memory serves again. Borrowed until fetch() has returned.
  std::string* into = nullptr;
  // For bodies that never end or are not worth keeping: gets each decoded piece in place of
  // Response::body. An error ends the transfer and becomes fetch()'s. Called on the client's
  // strand; must not block.
  std::function<Result<void>(std::string_view)> on_body;
  // Gets how the (last) exchange went. Borrowed until fetch() has returned.
  ExchangeTrace* trace = nullptr;
  // Called once with the final head (status, headers), before any of the body.
  std::function<Result<void>(const Response&)> on_head;
  // Whether to take more of the body just now; null: always.
  std::shared_ptr<Throttle> throttle;
};

class HttpClient {
 public:
  // Checks the options; reads no file and opens no connection yet.
  static Result<std::unique_ptr<HttpClient>> create(AnyExecutor executor,
                                                    HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends a request and waits for the whole answer; every status is an answer. Errors read like
  // those of Go's client (`Get "http://x": dial tcp 1.2.3.4:80: connect: connection refused`);
  // while the body is being read they come without the URL in front ("unexpected EOF", "context
  // deadline exceeded"). Kinds: timeout, stopped, full (body_size_max), invalid (URL, options),
  // failed. From any strand; `stop` ends it at once.
  Task<Result<Response>> fetch(Request request, StopToken stop);

  const HttpClientOptions& options() const;

 private:
  struct State;
  explicit HttpClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace alloy::net
