#include "net/answer_receiver.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "net/exchange_trace.h"

namespace alloy::net {
namespace {

constexpr size_t head_size_max = 1 << 20;
// What is read of a redirect's body, for the connection to be used again.
constexpr uint64_t redirect_body_max = 64 << 10;
// What is kept of a body that has no limit of its own: a server must not be able to fill our
// memory.
constexpr size_t kept_body_max = 512 << 20;
// Memory is only taken on a sender's word up to this.
constexpr uint64_t reserve_max = 8 << 20;

BodySink make_sink(const Request& request, Response& response) {
  if (request.on_body) return BodySink(request.on_body, request.body_size_max);
  const size_t size_max = request.body_size_max == 0 ? kept_body_max : request.body_size_max;
  return BodySink(request.into ? *request.into : response.body, size_max);
}

}  // namespace

bool is_redirect_status(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

AnswerReceiver::AnswerReceiver(const Request& request, bool follows_redirects, Response& response)
    : request_(request),
      follows_redirects_(follows_redirects),
      response_(response),
      sink_(make_sink(request, response)) {
  response_ = {};
  if (request_.into) request_.into->clear();
}

bool AnswerReceiver::keep(Result<void> result) {
  if (result) return true;
  error_ = std::move(result).error();
  return false;
}

bool AnswerReceiver::receive_head_line(std::string_view line) {
  if (has_head_ && request_.trace == nullptr) return true;  // Trailers.
  head_size_ += line.size();
  if (head_size_ > head_size_max) {
    return keep(fail("net/http: server response headers exceeded 1048576 bytes; aborted"));
  }
  if (line.empty() && has_head_) return true;
  if (line.starts_with("HTTP/")) {
    response_ = {};
    response_.http_major = line.substr(5).starts_with('2') ? 2 : 1;
    const size_t blank = line.find(' ');
    const std::string_view rest = blank == line.npos ? "" : trim(line.substr(blank));
    std::from_chars(rest.data(), rest.data() + rest.size(), response_.status);
    response_.status_line = rest;
    if (response_.http_major == 2 && rest.size() <= 3) {
      response_.status_line = fmt::format("{} {}", rest, status_text(response_.status));
    }
    return true;
  }
  if (line.empty()) return response_.status < 200 ? true : finish_head();
  const size_t colon = line.find(':');
  if (colon == line.npos) return true;
  Headers& into = has_head_ ? request_.trace->trailers : response_.headers;
  into.add(std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
  return true;
}

bool AnswerReceiver::receive_head(int status, const Headers& headers) {
  response_.status = status;
  response_.status_line = fmt::format("{} {}", status, status_text(status));
  response_.headers = headers;
  return finish_head();
}

bool AnswerReceiver::finish_head() {
  has_head_ = true;
  const std::string_view location = response_.headers.get("Location");
  is_redirect_ = follows_redirects_ && is_redirect_status(response_.status) && !location.empty();
  if (is_redirect_) return true;
  const std::string_view encoding = response_.headers.get("Content-Encoding");
  if (request_.decoding != Decoding::none && request_.method != "HEAD") {
    const bool is_gzip =
        request_.decoding == Decoding::gzip_strict
            ? encoding == "gzip"
            : equals_ignoring_case(encoding, "gzip") || equals_ignoring_case(encoding, "x-gzip");
    if (is_gzip) {
      decoder_ = make_gzip_decoder();
    } else if (request_.decoding == Decoding::gzip_zstd && equals_ignoring_case(encoding, "zstd")) {
      decoder_ = make_zstd_decoder();
    }
  }
  if (decoder_) {
    response_.headers.remove("Content-Encoding");
    response_.headers.remove("Content-Length");
  } else if (!request_.on_body) {
    uint64_t size = 0;
    const std::string_view text = response_.headers.get("Content-Length");
    std::from_chars(text.data(), text.data() + text.size(), size);
    std::string& into = request_.into ? *request_.into : response_.body;
    into.reserve(std::min(size, reserve_max));
  }
  if (request_.on_head) return keep(request_.on_head(response_));
  return true;
}

bool AnswerReceiver::receive_body(std::string_view piece) {
  response_.wire_size += piece.size();
  if (is_redirect_) {
    has_enough_ = response_.wire_size > redirect_body_max;
    return !has_enough_;
  }
  return keep(decoder_ ? decoder_->decode(piece, sink_) : sink_.write(piece));
}

Result<void> AnswerReceiver::finish() {
  if (error_) return std::unexpected(*error_);
  const bool must_decode = response_.wire_size > 0 || request_.decoding == Decoding::gzip_strict;
  if (decoder_ && must_decode) return decoder_->finish();
  return {};
}

}  // namespace alloy::net
