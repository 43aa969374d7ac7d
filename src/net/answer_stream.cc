#include "net/answer_stream.h"

namespace alloy::net {

Result<> AnswerStream::take(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  unread_ += piece;
  if (unread_.size() >= unread_max_) throttle_->close();
  changed_.notify();
  return {};
}

Task<> AnswerStream::fill(std::shared_ptr<AnswerStream> self, std::shared_ptr<HttpClient> client,
                          Request request, StopToken stop) {
  request.throttle = self->throttle_;
  request.on_head = [self](const Response& head) {
    const std::lock_guard lock(self->mutex_);
    self->status_ = head.status;
    self->status_line_ = head.status_line;
    return Result<>();
  };
  request.on_body = [self](std::string_view piece) { return self->take(piece); };
  const auto response = co_await client->fetch(std::move(request), std::move(stop));
  const std::lock_guard lock(self->mutex_);
  self->outcome_ = response ? Result<>() : std::unexpected(response.error());
  self->changed_.notify();
}

Task<Result<std::string>> AnswerStream::read(StopToken stop) {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (!unread_.empty()) {
        std::string bytes = std::exchange(unread_, {});
        throttle_->open();
        co_return bytes;
      }
      if (outcome_) {
        CO_TRY(*outcome_);
        co_return std::string();
      }
    }
    if (co_await changed_.wait(stop) == Wake::stopped)
      co_return fail("context canceled", ErrorKind::stopped);
  }
}

int AnswerStream::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::string AnswerStream::status_line() const {
  const std::lock_guard lock(mutex_);
  return status_line_;
}

}  // namespace alloy::net
