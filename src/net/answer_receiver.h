// Makes a Response out of what comes in: reads the head, decodes the body, holds it to its limits.
#pragma once

#include <memory>
#include <optional>

#include "net/content_decoder.h"
#include "net/exchange.h"
#include "net/http_client.h"

namespace alloy::net {

class AnswerReceiver final : public Receiver {
 public:
  // `request` and `response` must outlive it.
  AnswerReceiver(const Request& request, bool follows_redirects, Response& response);

  bool receive_head_line(std::string_view line) override;
  bool receive_body(std::string_view piece) override;
  bool is_held() const override { return request_.throttle && request_.throttle->is_closed(); }
  // A whole head at once, from an in-process handler.
  bool receive_head(int status, const Headers& headers);
  // After the last byte.
  Result<void> finish();

  bool has_head() const { return has_head_; }
  // Whether this answer only says where to look instead.
  bool is_redirect() const { return is_redirect_; }
  // Whether the exchange was ended on purpose, though not by an error.
  bool has_enough() const { return has_enough_; }
  // Why a receive_… returned false.
  const std::optional<Error>& error() const { return error_; }

 private:
  bool finish_head();
  bool keep(Result<void> result);

  const Request& request_;
  bool follows_redirects_;
  Response& response_;
  size_t head_size_ = 0;
  bool has_head_ = false;
  bool is_redirect_ = false;
  bool has_enough_ = false;
  BodySink sink_;
  std::unique_ptr<ContentDecoder> decoder_;
  std::optional<Error> error_;
};

// Whether a status together with a Location sends the client elsewhere.
bool is_redirect_status(int status);

}  // namespace alloy::net
