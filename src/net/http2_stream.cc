#include "net/http2_stream.h"

#include <algorithm>

namespace alloy::net {
namespace {

// A writer waits while this much of what it wrote has not been sent.
constexpr size_t out_bytes_max = 256 << 10;

class Reader final : public BodyReader {
 public:
  Reader(std::shared_ptr<Http2Stream> stream, std::optional<uint64_t> size)
      : stream_(std::move(stream)), size_(size) {}
  ~Reader() override { stream_->abandon_body(); }
  Task<Result<std::string>> read() override { return stream_->read(); }
  void set_timeout(Duration timeout) override { stream_->set_read_timeout(timeout); }
  std::optional<uint64_t> size() const override { return size_; }
  const Headers& trailers() const override { return trailers_ = stream_->received_trailers(); }

 private:
  std::shared_ptr<Http2Stream> stream_;
  std::optional<uint64_t> size_;
  mutable Headers trailers_;
};

class Writer final : public BodyWriter {
 public:
  explicit Writer(std::shared_ptr<Http2Stream> stream) : stream_(std::move(stream)) {}
  Task<Result<void>> write(std::string chunk) override { return stream_->write(std::move(chunk)); }
  void set_trailers(Headers trailers) override { stream_->set_trailers(std::move(trailers)); }

 private:
  std::shared_ptr<Http2Stream> stream_;
};

}  // namespace

Http2Stream::Http2Stream(std::weak_ptr<Connection> connection, int32_t id, Limits limits)
    : connection_(std::move(connection)),
      id_(id),
      limits_(limits),
      read_timeout_(limits.body_timeout) {}

void Http2Stream::set_read_timeout(Duration timeout) {
  std::lock_guard lock(mutex_);
  read_timeout_ = timeout;
}

Http2Stream::Received Http2Stream::receive(std::string_view piece) {
  Received result = Received::kept;
  {
    std::lock_guard lock(mutex_);
    received_ += piece.size();
    const bool is_over = limits_.body_bytes_max != 0 && received_ > limits_.body_bytes_max;
    if (is_over || is_abandoned_) {
      // Of a body that nobody reads, a refused one's above all, nothing more is to be said.
      const bool is_news = is_over && !is_too_large_ && !is_abandoned_;
      result = is_news ? Received::too_large : Received::dropped;
      is_too_large_ = is_over;
    } else {
      in_ += piece;
    }
  }
  readable_.notify();
  return result;
}

bool Http2Stream::is_body_complete() const {
  std::lock_guard lock(mutex_);
  return is_in_ended_;
}

void Http2Stream::abandon_body() {
  size_t unread = 0;
  {
    std::lock_guard lock(mutex_);
    is_abandoned_ = true;
    unread = in_.size();
    in_ = {};
  }
  if (unread == 0) return;
  if (const auto connection = connection_.lock()) connection->post_consumed(id_, unread);
}

void Http2Stream::receive_trailer(std::string name, std::string value) {
  std::lock_guard lock(mutex_);
  in_trailers_.add(std::move(name), std::move(value));
}

void Http2Stream::receive_end() {
  {
    std::lock_guard lock(mutex_);
    is_in_ended_ = true;
  }
  readable_.notify();
}

void Http2Stream::close(std::string reason) {
  {
    std::lock_guard lock(mutex_);
    if (!closed_) closed_ = std::move(reason);
  }
  readable_.notify();
  writable_.notify();
  stop.request_stop();
}

Http2Stream::Piece Http2Stream::take(char* out, size_t size) {
  Piece piece;
  bool has_room = false;
  {
    std::lock_guard lock(mutex_);
    piece.size = std::min(size, out_.size() - out_begin_);
    std::copy_n(out_.data() + out_begin_, piece.size, out);
    out_begin_ += piece.size;
    sent_ += piece.size;
    if (out_begin_ == out_.size()) {
      out_.clear();
      out_begin_ = 0;
    }
    const bool is_empty = out_.empty();
    piece.is_broken = is_empty && is_out_broken_;
    piece.is_end = is_empty && is_out_ended_;
    piece.has_trailers = !out_trailers_.empty();
    has_room = out_.size() - out_begin_ < out_bytes_max;
  }
  if (has_room && piece.size > 0) writable_.notify();
  return piece;
}

Headers Http2Stream::take_trailers() {
  std::lock_guard lock(mutex_);
  return std::exchange(out_trailers_, {});
}

uint64_t Http2Stream::sent_bytes() const {
  std::lock_guard lock(mutex_);
  return sent_;
}

Task<Result<std::string>> Http2Stream::read() {
  const auto self = shared_from_this();
  while (true) {
    Duration timeout = Duration::max();
    {
      std::unique_lock lock(mutex_);
      if (read_timeout_ > Duration::zero()) timeout = read_timeout_;
      if (is_too_large_) co_return fail("http: request body too large", ErrorKind::full);
      if (!in_.empty()) {
        std::string piece = std::exchange(in_, {});
        lock.unlock();
        if (const auto connection = connection_.lock()) {
          connection->post_consumed(id_, piece.size());
        }
        co_return piece;
      }
      if (is_in_ended_) co_return std::string();
      if (closed_) co_return fail(*closed_);
    }
    const Wake wake = co_await readable_.wait(StopToken{}, timeout);
    if (wake == Wake::elapsed) co_return fail("read: i/o timeout", ErrorKind::timeout);
  }
}

Task<Result<void>> Http2Stream::write(std::string chunk) {
  const auto self = shared_from_this();
  {
    std::lock_guard lock(mutex_);
    if (closed_) co_return fail(*closed_);
    if (out_.empty()) {
      out_ = std::move(chunk);
    } else {
      out_ += chunk;
    }
  }
  if (const auto connection = connection_.lock()) connection->post_resume(id_);
  uint64_t sent_before = sent_bytes();
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (closed_) co_return fail(*closed_);
      if (out_.size() - out_begin_ < out_bytes_max) co_return Result<void>{};
    }
    const Duration timeout =
        limits_.write_timeout > Duration::zero() ? limits_.write_timeout : Duration::max();
    const Wake wake = co_await writable_.wait(StopToken{}, timeout);
    const uint64_t sent_now = sent_bytes();
    if (wake == Wake::elapsed && sent_now == sent_before) {
      co_return fail("write: i/o timeout", ErrorKind::timeout);
    }
    sent_before = sent_now;
  }
}

void Http2Stream::set_trailers(Headers trailers) {
  std::lock_guard lock(mutex_);
  out_trailers_ = std::move(trailers);
}

Headers Http2Stream::received_trailers() const {
  std::lock_guard lock(mutex_);
  return in_trailers_;
}

void Http2Stream::write_all(std::string body) {
  std::lock_guard lock(mutex_);
  out_ = std::move(body);
  is_out_ended_ = true;
}

void Http2Stream::finish(End end) {
  {
    std::lock_guard lock(mutex_);
    is_out_ended_ = end == End::complete;
    is_out_broken_ = end == End::broken;
  }
  if (const auto connection = connection_.lock()) connection->post_resume(id_);
}

std::unique_ptr<BodyReader> Http2Stream::make_reader(std::optional<uint64_t> size) {
  return std::make_unique<Reader>(shared_from_this(), size);
}

std::shared_ptr<BodyWriter> Http2Stream::make_writer() {
  return std::make_shared<Writer>(shared_from_this());
}

}  // namespace alloy::net
