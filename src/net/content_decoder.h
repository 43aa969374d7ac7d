// Undoes gzip and zstd while a body flows in, straight into where it is wanted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::net {

// Where a body goes, with a limit on its size.
class BodySink {
 public:
  // To the end of `into`.
  BodySink(std::string& into, size_t size_max) : into_(&into), size_max_(limit(size_max)) {}
  // Piece by piece to `receive`.
  BodySink(std::function<Result<void>(std::string_view)> receive, size_t size_max)
      : receive_(std::move(receive)), size_max_(limit(size_max)) {}

  Result<void> write(std::string_view piece);
  // Room for at most `size` bytes more; what `fill` says it wrote becomes part of the body.
  Result<void> write_with(size_t size, const std::function<size_t(char*, size_t)>& fill);
  uint64_t size() const { return size_; }

 private:
  static size_t limit(size_t size_max) { return size_max == 0 ? SIZE_MAX : size_max; }
  Result<void> count(size_t size);

  std::string* into_ = nullptr;
  std::function<Result<void>(std::string_view)> receive_;
  std::string scratch_;
  uint64_t size_ = 0;
  uint64_t size_max_;
};

class ContentDecoder {
 public:
  virtual ~ContentDecoder() = default;
  virtual Result<void> decode(std::string_view piece, BodySink& sink) = 0;
  // Fails when the body ended too early.
  virtual Result<void> finish() = 0;
  // Ready for the next body.
  virtual void reset() = 0;
};

std::unique_ptr<ContentDecoder> make_gzip_decoder();
std::unique_ptr<ContentDecoder> make_deflate_decoder();
std::unique_ptr<ContentDecoder> make_zstd_decoder();

}  // namespace alloy::net
