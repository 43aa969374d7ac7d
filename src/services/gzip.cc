#include "services/gzip.h"

#include <array>
#include <utility>

#include <zlib.h>

#include "base/error.h"

namespace alloy {
namespace {

std::string compress(std::string_view bytes, int window_bits) {
  z_stream stream{};
  ASSERT(::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) ==
         Z_OK);
  std::string out(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ASSERT(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace

std::string gzip(std::string_view bytes) { return compress(bytes, 16 + MAX_WBITS); }

std::string gzip(std::vector<std::string> pieces) {
  z_stream stream{};
  ASSERT(::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
         Z_OK);
  std::string out;
  std::array<char, 16 << 10> buffer;
  const auto feed = [&](std::string_view bytes, int flush) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      ASSERT(::deflate(&stream, flush) != Z_STREAM_ERROR);
      out.append(buffer.data(), buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  for (std::string& piece : pieces) feed(std::exchange(piece, {}), Z_NO_FLUSH);
  feed({}, Z_FINISH);
  ::deflateEnd(&stream);
  return out;
}

std::string deflate_raw(std::string_view bytes) { return compress(bytes, -MAX_WBITS); }

}  // namespace alloy
