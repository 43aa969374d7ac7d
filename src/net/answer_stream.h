// The body of an answer as it comes, for whoever reads it at a pace of its own: what has not been
// read yet is limited, beyond that the server has to wait. For logs that are followed for hours.
//
//   const auto stream = std::make_shared<AnswerStream>();
//   tasks.spawn(AnswerStream::fill(stream, client, std::move(request), stop));
//   while (true) {
//     CO_TRY(const std::string bytes, co_await stream->read(stop));
//     if (bytes.empty()) break;
//   }
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "net/throttle.h"

namespace alloy::net {

class AnswerStream {
 public:
  explicit AnswerStream(size_t unread_max = 1 << 20) : unread_max_(unread_max) {}

  // Sends the request and takes its answer until it ends, whatever its status. Once.
  static Task<> fill(std::shared_ptr<AnswerStream> self, std::shared_ptr<HttpClient> client,
                     Request request, StopToken stop);

  // What has come, once something has; empty at the end. Fails as fetch() does, though only after
  // everything that came before.
  Task<Result<std::string>> read(StopToken stop);

  // What the answer's head says; 0 and empty while there is none. Known once read() has returned.
  int status() const;
  std::string status_line() const;

 private:
  Result<> take(std::string_view piece);

  const size_t unread_max_;
  std::shared_ptr<Throttle> throttle_ = std::make_shared<Throttle>();
  Event changed_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::string unread_;
  std::optional<Result<>> outcome_;  // Once there is nothing more to come.
  int status_ = 0;
  std::string status_line_;
};

}  // namespace alloy::net
