#include "components/loki/source_file/byte_source.h"

#include <algorithm>
#include <bzlib.h>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <vector>

#include <zlib.h>

namespace alloy::loki::source_file {
namespace {

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(int descriptor) : descriptor_(descriptor) {}

  Result<size_t> read(int64_t position, std::span<char> into) override {
    size_t filled = 0;
    while (filled < into.size()) {
      const ssize_t size = ::pread(descriptor_, into.data() + filled, into.size() - filled,
                                   position + static_cast<int64_t>(filled));
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return std::unexpected(Error::from_errno("read"));
      if (size == 0) break;
      filled += static_cast<size_t>(size);
    }
    return filled;
  }

 private:
  const int descriptor_;
};

// Takes apart one compressed stream after another.
class Inflater {
 public:
  virtual ~Inflater() = default;
  // Decompresses from the front of `in` to the front of `out`, advances both; true at the end of a
  // stream, after which it can go on with the next one.
  virtual Result<bool> inflate(std::span<char>& in, std::span<char>& out) = 0;
};

class ZlibInflater final : public Inflater {
 public:
  // 15: the largest window; 16 more: with gzip's header rather than zlib's.
  explicit ZlibInflater(Compression compression) {
    ASSERT(::inflateInit2(&stream_, compression == Compression::gz ? 15 + 16 : 15) == Z_OK);
  }
  ~ZlibInflater() override { ::inflateEnd(&stream_); }

  Result<bool> inflate(std::span<char>& in, std::span<char>& out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    if (result == Z_STREAM_END) {
      ::inflateReset(&stream_);
      return true;
    }
    if (result == Z_OK || result == Z_BUF_ERROR) return false;
    return fail(stream_.msg != nullptr ? stream_.msg : "invalid compressed data");
  }

 private:
  z_stream stream_ = {};
};

class Bzip2Inflater final : public Inflater {
 public:
  Bzip2Inflater() { start(); }
  ~Bzip2Inflater() override { ::BZ2_bzDecompressEnd(&stream_); }

  Result<bool> inflate(std::span<char>& in, std::span<char>& out) override {
    stream_.next_in = in.data();
    stream_.avail_in = static_cast<unsigned>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<unsigned>(out.size());
    const int result = ::BZ2_bzDecompress(&stream_);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    if (result == BZ_STREAM_END) {
      ::BZ2_bzDecompressEnd(&stream_);
      start();
      return true;
    }
    if (result == BZ_OK) return false;
    return fail("invalid compressed data");
  }

 private:
  void start() {
    stream_ = {};
    ASSERT(::BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK);
  }

  bz_stream stream_ = {};
};

// Decompresses on the way; keeps the last stretch, so that it can be read again.
class CompressedSource final : public ByteSource {
 public:
  CompressedSource(int descriptor, Compression compression)
      : file_(descriptor), compression_(compression) {}

  Result<size_t> read(int64_t position, std::span<char> into) override {
    if (inflater_ == nullptr || position < window_begin_) restart();
    while (position + static_cast<int64_t>(into.size()) > window_end() && !is_at_end_) {
      // What lies before the wanted bytes has had its time.
      const auto used = static_cast<size_t>(
          std::clamp<int64_t>(position - window_begin_, 0, static_cast<int64_t>(window_.size())));
      window_.erase(0, used);
      window_begin_ += static_cast<int64_t>(used);
      TRY(inflate_more());
    }
    if (position >= window_end()) return size_t{0};
    const std::string_view found =
        std::string_view(window_).substr(static_cast<size_t>(position - window_begin_));
    const size_t size = std::min(found.size(), into.size());
    std::memcpy(into.data(), found.data(), size);
    return size;
  }

 private:
  static constexpr size_t step = size_t{64} << 10;

  int64_t window_end() const { return window_begin_ + static_cast<int64_t>(window_.size()); }

  void restart() {
    if (compression_ == Compression::bz2)
      inflater_ = std::make_unique<Bzip2Inflater>();
    else
      inflater_ = std::make_unique<ZlibInflater>(compression_);
    window_.clear();
    window_begin_ = 0;
    input_.resize(step);
    pending_ = {};
    file_position_ = 0;
    is_at_end_ = false;
    is_between_streams_ = true;
    has_stream_ = false;
  }

  Result<> inflate_more() {
    if (pending_.empty()) {
      TRY(const size_t size, file_.read(file_position_, input_));
      file_position_ += static_cast<int64_t>(size);
      pending_ = std::span(input_).first(size);
      if (size == 0) {
        if (!is_between_streams_ || !has_stream_) return fail("unexpected EOF");
        is_at_end_ = true;
        return {};
      }
    }
    const size_t before = window_.size();
    window_.resize(before + step);
    std::span<char> out = std::span(window_).subspan(before);
    const auto ended = inflater_->inflate(pending_, out);
    window_.resize(window_.size() - out.size());
    // What follows a whole stream without being another one is padding.
    if (!ended && is_between_streams_ && has_stream_)
      is_at_end_ = true;
    else if (!ended)
      return std::unexpected(ended.error());
    is_between_streams_ = ended.value_or(true);
    has_stream_ = true;
    return {};
  }

  PlainSource file_;
  const Compression compression_;
  std::unique_ptr<Inflater> inflater_;
  std::string window_;  // Decompressed, from `window_begin_` on.
  int64_t window_begin_ = 0;
  std::vector<char> input_;
  std::span<char> pending_;  // Of the input, what is not decompressed yet.
  int64_t file_position_ = 0;
  bool is_at_end_ = false;
  bool is_between_streams_ = true;
  bool has_stream_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> ByteSource::create(int descriptor, Compression compression) {
  if (compression == Compression::none) return std::make_unique<PlainSource>(descriptor);
  return std::make_unique<CompressedSource>(descriptor, compression);
}

}  // namespace alloy::loki::source_file
