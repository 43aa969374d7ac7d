// Reads the head of an HTTP/1 request (RFC 9112). Strict where two readers could understand two
// things, which is how requests get smuggled past proxies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http_message.h"

namespace alloy::net {

struct Http1Head {
  std::string method;
  std::string target;
  int minor_version = 1;
  Headers headers;

  // How the body is delimited.
  bool is_chunked = false;
  std::optional<uint64_t> content_length;  // Neither: no body.
  bool keep_alive = true;
  bool expects_continue = false;
};

// The size of the head at the front of `data`, blank line included; 0 when more is needed.
// `scanned` remembers how far earlier calls have looked; start with 0.
size_t find_head_end(std::string_view data, size_t& scanned);

// Whether what has come so far can be the beginning of a request at all: a TLS handshake or other
// binary noise is recognised at once, not when a time limit passes.
bool can_begin_request(std::string_view data);

// `text` is what find_head_end() delimits. Errors are for the log; the answer is 400, or 505 when
// the error's kind is not_found (a version we do not speak), or 501 when it is full (a transfer
// coding we do not know).
Result<Http1Head> parse_http1_head(std::string_view text);

// Undoes the chunked transfer coding, piece by piece.
class ChunkedDecoder {
 public:
  // Takes bytes from the front of `data` (advancing it) and appends content to `out`, at most
  // `out_max` bytes of it. Stops early at the end of the body.
  Result<void> decode(std::string_view& data, std::string& out, size_t out_max);
  bool is_done() const { return state_ == State::done; }
  const Headers& trailers() const { return trailers_; }

 private:
  enum class State : unsigned char { size, content, content_end, trailer, done };
  Result<bool> take_line(std::string_view& data);
  Result<void> start_chunk();
  Result<void> add_trailer();

  State state_ = State::size;
  uint64_t left_ = 0;
  size_t trailer_bytes_ = 0;
  std::string line_;
  Headers trailers_;
};

}  // namespace alloy::net
