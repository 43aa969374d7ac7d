// What HTTP's client and server share: header fields, bodies that flow, and the handler.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "base/task.h"

namespace alloy::net {

struct Header {
  std::string name;
  std::string value;
};

// Header fields in the order they came. Names compare without regard to case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  // Replaces every field of that name.
  void set(std::string name, std::string value);
  // How many were removed.
  size_t remove(std::string_view name);
  void clear() { fields_.clear(); }

  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // The value of the first field of that name, or "".
  std::string_view get(std::string_view name) const;
  // Whether a comma-separated list (over all fields of that name) holds `token`, without case.
  bool has_token(std::string_view name, std::string_view token) const;

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  const Header* find(std::string_view name) const;

  std::vector<Header> fields_;
};

// Whether two ASCII texts are equal without regard to case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

// "Not Found" for 404; "" for what no RFC names.
std::string_view status_text(int status);

// A body that is read piece by piece. Reading is what makes the peer send more, so that a handler
// which does not read holds no memory. From one coroutine at a time.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  // The next bytes; empty at the end. Fails when the peer broke off, was too slow (timeout) or sent
  // more than the server's limit (full).
  virtual Task<Result<std::string>> read() = 0;
  // All that is left, at most `size_max` bytes (more: kind full).
  virtual Task<Result<std::string>> read_all(size_t size_max);
  // How long one read() waits for a byte, in place of the server's limit; zero: for ever, for
  // streams that may be silent.
  virtual void set_timeout(Duration) {}
  // The size the sender announced.
  virtual std::optional<uint64_t> size() const { return std::nullopt; }
  // The fields that followed the body; known after its end.
  virtual const Headers& trailers() const;
};

// A body that is written piece by piece.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;

  // Sends `chunk`; waits as long as the peer is not keeping up. Fails when the peer is gone or
  // takes nothing for the server's write timeout.
  virtual Task<Result<void>> write(std::string chunk) = 0;
  // Fields to send after the body (HTTP/2, and chunked HTTP/1.1 as far as clients look).
  virtual void set_trailers(Headers trailers) = 0;
};

// A body that is there already.
std::unique_ptr<BodyReader> make_body(std::string content);

// A request as a handler sees it.
struct ServerRequest {
  std::string method = "GET";
  std::string target = "/";  // As on the wire: path and query, still escaped.
  std::string path = "/";    // Without the query, unescaped.
  std::string query;         // After the "?", still escaped.
  std::string host;          // What Host or :authority says.
  std::string scheme = "http";
  int http_major = 1;  // 1 or 2.
  Headers headers;
  std::unique_ptr<BodyReader> body = make_body("");
  std::string remote_address;      // "127.0.0.1:41234"; empty when called in-process.
  std::string client_common_name;  // Of a verified client certificate.
  StopToken stop;                  // Asked when the peer has gone or the server gives up on it.
};

// What a handler answers.
struct ServerResponse {
  int status = 200;
  Headers headers;
  std::string body;
  // When set, makes the body in place of `body`, after the head has been sent. The writer lives
  // until it returns; an error breaks the message off visibly. It may read the request's body
  // meanwhile: that is how HTTP/2 streams go both ways.
  std::function<Task<Result<void>>(std::shared_ptr<BodyWriter>)> stream;
  // Whether the server may compress `body` for a client that accepts it.
  bool compress = false;
};

// Answers one request. Called side by side for different requests, each on a strand.
using Handler = std::function<Task<ServerResponse>(ServerRequest)>;

// A plain-text answer, with the line end Go's http.Error puts behind it.
ServerResponse text_response(int status, std::string_view text);

}  // namespace alloy::net
