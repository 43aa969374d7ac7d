#include "net/http1_head.h"

#include <doctest/doctest.h>

namespace alloy::net {
namespace {

std::string error_of(std::string_view head) {
  const auto parsed = parse_http1_head(head);
  return parsed ? "none" : parsed.error().message();
}

TEST_CASE("a request head is read with what it says about body and connection") {
  const auto head = parse_http1_head(
                        "POST /a?b=1 HTTP/1.1\r\nHost: x\r\ncontent-length:  12 \r\n"
                        "Connection: foo, Close\r\nExpect: 100-continue\r\n\r\n")
                        .value();
  CHECK(head.method == "POST");
  CHECK(head.target == "/a?b=1");
  CHECK(head.headers.get("Content-Length") == "12");
  CHECK(head.content_length == 12);
  CHECK(!head.keep_alive);
  CHECK(head.expects_continue);
}

TEST_CASE("the end of a head is found however the bytes arrive") {
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\nbody";
  size_t scanned = 0;
  for (size_t size = 0; size < text.size(); ++size) {
    const size_t end = find_head_end(std::string_view(text).substr(0, size), scanned);
    CHECK(end == (size < text.size() - 4 ? 0 : text.size() - 4));
    if (end != 0) break;
  }
}

TEST_CASE("a head that could be understood in two ways is refused") {
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
  CHECK(error_of(start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        "both Transfer-Encoding and Content-Length");
  CHECK(error_of(start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n") ==
        "http: message cannot contain multiple Content-Length headers");
  CHECK(error_of(start + "Content-Length: +1\r\n\r\n") == "bad Content-Length \"+1\"");
  CHECK(error_of(start + "Content-Length : 1\r\n\r\n").starts_with("malformed header line"));
  CHECK(error_of(start + "A: b\r\n c\r\n\r\n").starts_with("malformed header line"));
  CHECK(error_of(start + "Host: y\r\n\r\n") == "too many Host headers");
  CHECK(error_of(start + "A: b\x01\r\n\r\n") == "invalid header field value");
  CHECK(error_of("GET / HTTP/1.1\r\n\r\n") == "missing required Host header");
  CHECK(error_of("garbage\r\n\r\n") == "malformed HTTP request \"garbage\"");
  CHECK(error_of("GET / x HTTP/1.1\r\n\r\n") == "invalid request target \"/ x\"");
  CHECK(parse_http1_head("GET / HTTP/3.0\r\n\r\n").error().kind() == ErrorKind::not_found);
  CHECK(parse_http1_head(start + "Transfer-Encoding: gzip\r\n\r\n").error().kind() ==
        ErrorKind::full);
}

TEST_CASE("what can't become a request is recognised early") {
  CHECK(can_begin_request(""));
  CHECK(can_begin_request("GE"));
  CHECK(can_begin_request("GET /\xff"));
  CHECK_FALSE(can_begin_request("\x16\x03\x01"));
  CHECK_FALSE(can_begin_request(std::string(40, 'A')));
}

TEST_CASE("a chunked body is put together from pieces of any size") {
  const std::string coded = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: v\r\n\r\nnext";
  for (size_t step = 1; step <= coded.size(); ++step) {
    ChunkedDecoder decoder;
    std::string out;
    std::string rest;
    for (size_t at = 0; at < coded.size(); at += step) {
      std::string_view piece = std::string_view(coded).substr(at, step);
      REQUIRE(decoder.decode(piece, out, 1000));
      rest += piece;
    }
    CHECK(out == "hello world");
    CHECK(decoder.is_done());
    CHECK(decoder.trailers().get("t") == "v");
    CHECK(rest == "next");
  }
}

TEST_CASE("a chunked body is handed out no faster than asked for") {
  ChunkedDecoder decoder;
  std::string_view data = "5\r\nhello\r\n0\r\n\r\n";
  std::string out;
  REQUIRE(decoder.decode(data, out, 3));
  CHECK(out == "hel");
  REQUIRE(decoder.decode(data, out, 100));
  CHECK(out == "hello");
  CHECK(decoder.is_done());
}

TEST_CASE("a malformed chunked body is refused") {
  for (const std::string_view coded :
       {"x\r\n", "-1\r\n", "\r\n", "5\r\nhelloX\r\n", "fffffffffffffffff\r\n"}) {
    ChunkedDecoder decoder;
    std::string_view data = coded;
    std::string out;
    CHECK_MESSAGE(!decoder.decode(data, out, 1000), std::string(coded));
  }
}

}  // namespace
}  // namespace alloy::net
