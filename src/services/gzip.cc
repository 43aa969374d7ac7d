#include "services/gzip.h"

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

std::string deflate_raw(std::string_view bytes) { return compress(bytes, -MAX_WBITS); }

}  // namespace alloy
