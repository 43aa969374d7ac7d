#include "net/http1_head.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace alloy::net {
namespace {

// A chunk's size with its extensions, or one trailer field.
constexpr size_t line_size_max = 4096;
constexpr size_t trailer_bytes_max = 16 << 10;

std::unexpected<Error> bad(std::string message) {
  return fail(std::move(message), ErrorKind::invalid);
}

// RFC 9110, section 5.6.2.
bool is_token_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

// Field values: visible characters, blanks, tabs and whatever is not ASCII.
bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

// Takes a line off the front; it ends with LF, with or without CR.
std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Result<void> parse_request_line(std::string_view line, Http1Head& head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return bad("malformed HTTP request " + quote(line));
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method)) return bad("invalid method " + quote(head.method));
  const auto is_visible = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; };
  if (head.target.empty() || !std::ranges::all_of(head.target, is_visible)) {
    return bad("invalid request target " + quote(head.target));
  }
  if (version == "HTTP/1.1" || version == "HTTP/1.0") {
    head.minor_version = version.back() - '0';
    return {};
  }
  if (version.starts_with("HTTP/")) {
    return fail("unsupported protocol version " + quote(version), ErrorKind::not_found);
  }
  return bad("malformed HTTP version " + quote(version));
}

Result<Header> parse_field(std::string_view line) {
  const size_t colon = line.find(':');
  // This also refuses folded lines and blanks before the colon (RFC 9112, sections 5.1 and 5.2).
  if (colon == line.npos || !is_token(line.substr(0, colon))) {
    return bad("malformed header line " + quote(line.substr(0, 100)));
  }
  const std::string_view value = trim(line.substr(colon + 1), " \t");
  if (!is_field_value(value)) return bad("invalid header field value");
  return Header{std::string(line.substr(0, colon)), std::string(value)};
}

Result<void> read_content_length(std::string_view text, Http1Head& head) {
  uint64_t length = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) {
    return bad("bad Content-Length " + quote(text));
  }
  if (head.content_length && *head.content_length != length) {
    return bad("http: message cannot contain multiple Content-Length headers");
  }
  head.content_length = length;
  return {};
}

// What the fields say about the connection and the body (RFC 9112, section 6).
Result<void> read_framing(Http1Head& head) {
  size_t hosts = 0;
  for (const Header& field : head.headers) {
    if (equals_ignoring_case(field.name, "host")) ++hosts;
    if (equals_ignoring_case(field.name, "content-length")) {
      TRY(read_content_length(field.value, head));
    }
    if (equals_ignoring_case(field.name, "transfer-encoding")) {
      if (head.is_chunked) return bad("too many transfer encodings");
      if (!equals_ignoring_case(field.value, "chunked")) {
        return fail("unsupported transfer encoding " + quote(field.value), ErrorKind::full);
      }
      head.is_chunked = true;
    }
  }
  if (head.is_chunked && head.content_length) {
    return bad("both Transfer-Encoding and Content-Length");
  }
  if (head.is_chunked && head.minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
  if (hosts > 1) return bad("too many Host headers");
  if (hosts == 0 && head.minor_version == 1) return bad("missing required Host header");
  head.keep_alive = head.minor_version == 1 ? !head.headers.has_token("Connection", "close")
                                            : head.headers.has_token("Connection", "keep-alive");
  head.expects_continue =
      head.minor_version == 1 && head.headers.has_token("Expect", "100-continue");
  return {};
}

}  // namespace

size_t find_head_end(std::string_view data, size_t& scanned) {
  size_t from = scanned;
  while (true) {
    const size_t end = data.find('\n', from);
    if (end == data.npos) {
      scanned = data.size();
      return 0;
    }
    const std::string_view next = data.substr(end + 1);
    if (next.starts_with('\n')) return end + 2;
    if (next.starts_with("\r\n")) return end + 3;
    if (next.empty() || next == "\r") {
      scanned = end;
      return 0;
    }
    from = end + 1;
  }
}

bool can_begin_request(std::string_view data) {
  constexpr size_t method_size_max = 32;
  const size_t blank = data.find(' ');
  const std::string_view method = data.substr(0, blank);
  if (blank == data.npos && method.size() > method_size_max) return false;
  return std::ranges::all_of(method, is_token_character);
}

Result<Http1Head> parse_http1_head(std::string_view text) {
  Http1Head head;
  TRY(parse_request_line(take_line(text), head));
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    TRY(Header field, parse_field(line));
    head.headers.add(std::move(field.name), std::move(field.value));
  }
  TRY(read_framing(head));
  return head;
}

// Collects a line over several pieces; true when it is complete in line_.
Result<bool> ChunkedDecoder::take_line(std::string_view& data) {
  const size_t end = data.find('\n');
  line_ += data.substr(0, end);
  if (line_.size() > line_size_max) return bad("chunk line too long");
  if (end == data.npos) {
    data = {};
    return false;
  }
  data.remove_prefix(end + 1);
  if (line_.ends_with('\r')) line_.pop_back();
  return true;
}

Result<void> ChunkedDecoder::start_chunk() {
  const std::string_view size = trim(std::string_view(line_).substr(0, line_.find(';')), " \t");
  const auto [end, code] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (size.empty() || code != std::errc() || end != size.data() + size.size()) {
    return bad("malformed chunked encoding");
  }
  state_ = left_ == 0 ? State::trailer : State::content;
  return {};
}

Result<void> ChunkedDecoder::add_trailer() {
  trailer_bytes_ += line_.size();
  if (trailer_bytes_ > trailer_bytes_max) return bad("trailers too large");
  if (line_.empty()) {
    state_ = State::done;
    return {};
  }
  TRY(Header field, parse_field(line_));
  trailers_.add(std::move(field.name), std::move(field.value));
  return {};
}

Result<void> ChunkedDecoder::decode(std::string_view& data, std::string& out, size_t out_max) {
  while (!data.empty() && state_ != State::done) {
    if (state_ == State::content) {
      const size_t take = std::min({uint64_t{data.size()}, left_, uint64_t{out_max}});
      if (take == 0) return {};
      out.append(data.substr(0, take));
      data.remove_prefix(take);
      left_ -= take;
      out_max -= take;
      if (left_ == 0) state_ = State::content_end;
      continue;
    }
    TRY(const bool is_complete, take_line(data));
    if (!is_complete) return {};
    if (state_ == State::size) {
      TRY(start_chunk());
    } else if (state_ == State::content_end) {
      if (!line_.empty()) return bad("malformed chunked encoding");
      state_ = State::size;
    } else {
      TRY(add_trailer());
    }
    line_.clear();
  }
  return {};
}

}  // namespace alloy::net
