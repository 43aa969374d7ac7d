#include "net/content_decoder.h"

#include <algorithm>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

namespace alloy::net {
namespace {

// How much is decoded at once.
constexpr size_t step = 32 << 10;
// A sender may make us keep this much history (RFC 8878, section 3.1.1.1.2, recommends 8 MB).
constexpr int zstd_window_log_max = 23;

// gzip (RFC 1952): members one after the other.
class GzipDecoder final : public ContentDecoder {
 public:
  GzipDecoder() { ASSERT(inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK); }
  ~GzipDecoder() override { inflateEnd(&stream_); }

  Result<void> decode(std::string_view piece, BodySink& sink) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    while (true) {
      if (is_between_members_) {
        if (stream_.avail_in == 0) return {};
        inflateReset(&stream_);
        is_between_members_ = false;
      }
      int code = Z_OK;
      bool is_full = false;
      TRY(sink.write_with(step, [&](char* out, size_t size) {
        stream_.next_out = reinterpret_cast<Bytef*>(out);
        stream_.avail_out = static_cast<uInt>(size);
        code = inflate(&stream_, Z_NO_FLUSH);
        is_full = stream_.avail_out == 0;
        return size - stream_.avail_out;
      }));
      if (code == Z_STREAM_END) {
        is_between_members_ = true;
        has_member_ = true;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        const bool in_header = stream_.total_out == 0;
        return fail(in_header ? "gzip: invalid header" : "gzip: invalid data", ErrorKind::failed);
      } else if (!is_full && stream_.avail_in == 0) {
        return {};
      }
    }
  }

  Result<void> finish() override {
    if (is_between_members_ && has_member_) return {};
    return fail(stream_.total_in == 0 ? "EOF" : "unexpected EOF");
  }

  void reset() override {
    inflateReset(&stream_);
    is_between_members_ = false;
    has_member_ = false;
  }

 private:
  z_stream stream_{};
  bool is_between_members_ = false;
  bool has_member_ = false;
};

// The bare stream of RFC 1951, which Go's servers call "deflate".
class DeflateDecoder final : public ContentDecoder {
 public:
  DeflateDecoder() { ASSERT(inflateInit2(&stream_, -MAX_WBITS) == Z_OK); }
  ~DeflateDecoder() override { inflateEnd(&stream_); }

  // What follows the end of the stream is left alone.
  Result<void> decode(std::string_view piece, BodySink& sink) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    bool is_full = true;
    while (!is_at_end_ && (stream_.avail_in > 0 || is_full)) {
      int code = Z_OK;
      TRY(sink.write_with(step, [&](char* out, size_t size) {
        stream_.next_out = reinterpret_cast<Bytef*>(out);
        stream_.avail_out = static_cast<uInt>(size);
        code = inflate(&stream_, Z_NO_FLUSH);
        is_full = stream_.avail_out == 0;
        return size - stream_.avail_out;
      }));
      is_at_end_ = code == Z_STREAM_END;
      if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END)
        return fail("flate: corrupt input");
    }
    return {};
  }

  Result<void> finish() override {
    if (is_at_end_) return {};
    return fail("unexpected EOF");
  }

  void reset() override {
    inflateReset(&stream_);
    is_at_end_ = false;
  }

 private:
  z_stream stream_{};
  bool is_at_end_ = false;
};

class ZstdDecoder final : public ContentDecoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    ASSERT(context_ != nullptr);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, zstd_window_log_max);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

  Result<void> decode(std::string_view piece, BodySink& sink) override {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    bool is_full = true;
    while (in.pos < in.size || is_full) {
      size_t left = 0;
      TRY(sink.write_with(step, [&](char* out, size_t size) {
        ZSTD_outBuffer buffer{out, size, 0};
        left = ZSTD_decompressStream(context_, &buffer, &in);
        is_full = buffer.pos == buffer.size;
        return buffer.pos;
      }));
      if (ZSTD_isError(left)) return fail(fmt::format("zstd: {}", ZSTD_getErrorName(left)));
      is_at_frame_end_ = left == 0;
    }
    return {};
  }

  Result<void> finish() override {
    if (is_at_frame_end_) return {};
    return fail("unexpected EOF");
  }

  void reset() override {
    ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
    is_at_frame_end_ = false;
  }

 private:
  ZSTD_DCtx* context_;
  bool is_at_frame_end_ = false;
};

}  // namespace

Result<void> BodySink::count(size_t size) {
  size_ += size;
  if (size_ > size_max_) return fail("body size limit exceeded", ErrorKind::full);
  return {};
}

Result<void> BodySink::write(std::string_view piece) {
  TRY(count(piece.size()));
  if (receive_) return receive_(piece);
  into_->append(piece);
  return {};
}

Result<void> BodySink::write_with(size_t size, const std::function<size_t(char*, size_t)>& fill) {
  std::string& target = receive_ ? scratch_ : *into_;
  if (receive_) scratch_.clear();
  const size_t before = target.size();
  // Grow by doubling, then use all there is: resizing must not clear bytes nor copy each time.
  if (target.capacity() < before + size) target.reserve(std::max(before + size, before * 2));
  const size_t room = std::min(target.capacity() - before, std::max(size, size_t{256} << 10));
  target.resize_and_overwrite(
      before + room, [&](char* data, size_t) { return before + fill(data + before, room); });
  TRY(count(target.size() - before));
  if (receive_ && !scratch_.empty()) return receive_(scratch_);
  return {};
}

std::unique_ptr<ContentDecoder> make_gzip_decoder() { return std::make_unique<GzipDecoder>(); }
std::unique_ptr<ContentDecoder> make_deflate_decoder() {
  return std::make_unique<DeflateDecoder>();
}
std::unique_ptr<ContentDecoder> make_zstd_decoder() { return std::make_unique<ZstdDecoder>(); }

}  // namespace alloy::net
