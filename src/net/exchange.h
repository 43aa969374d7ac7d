// One request and its answer on the wire: what http_client.cc and the libcurl wrapper tell each
// other.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "net/http_client_options.h"
#include "net/http_message.h"
#include "net/throttle.h"

namespace alloy::net {

struct ExchangeTrace;

// Gets the answer piece by piece. Returning false ends the exchange.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // A line of the head without its line end; the empty line ends the head.
  virtual bool receive_head_line(std::string_view line) = 0;
  virtual bool receive_body(std::string_view piece) = 0;
  // Whether to leave the body where it is until the exchange's throttle opens.
  virtual bool is_held() const { return false; }
};

// Certificates as text, read from wherever the options say.
struct TlsMaterial {
  std::string ca;
  std::string cert;
  std::string key;
};

struct Exchange {
  // What to send.
  std::string method;
  std::string url;          // Without user and password.
  std::string connect_to;   // "host:port:host:port" when TLS talks of another server name.
  std::string unix_socket;  // The path to connect to in place of the URL's host; empty: none.
  Headers headers;
  std::string_view body;
  Duration timeout{};  // 0: none.
  bool allow_http2 = true;
  bool http2_prior_knowledge = false;
  const TlsClientOptions* tls = nullptr;
  TlsMaterial material;
  std::string proxy;  // Empty: none.
  Headers connect_headers;
  Receiver* receiver = nullptr;
  ExchangeTrace* trace = nullptr;      // Null: nobody wants to know.
  std::shared_ptr<Throttle> throttle;  // May be null.
  // Gets each new socket, and says which number it is to have; may be empty.
  std::function<int(int socket)> on_socket;

  // How it ended.
  int curl_code = 0;
  int os_error = 0;
  long verify_result = 0;  // OpenSSL's X509_V_ERR_*.
  bool timed_out = false;  // The whole exchange, not just connecting.
  bool stopped = false;
  std::string detail;         // libcurl's own words.
  std::string peer_address;   // The first one tried, "127.0.0.1:80".
  std::string local_address;  // Of the connection, when there was one.
};

}  // namespace alloy::net
