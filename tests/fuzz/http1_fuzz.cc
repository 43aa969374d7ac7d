// What a peer sends to our HTTP/1 port: request heads and chunked bodies, cut anywhere.
#include <cstdlib>
#include <string_view>

#include "net/http1_head.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::net;
  if (size < 1) return 0;
  const size_t step = data[0] % 17 + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t scanned = 0;
  size_t head_end = 0;
  for (size_t end = 0; end < text.size() && head_end == 0;) {
    end = std::min(end + step, text.size());
    head_end = find_head_end(text.substr(0, end), scanned);
    (void)can_begin_request(text.substr(0, end));
  }
  // However the bytes are cut, the head ends in the same place.
  size_t from_start = 0;
  if (head_end != 0 && find_head_end(text, from_start) != head_end) std::abort();
  (void)parse_http1_head(text.substr(0, head_end));

  std::string whole;
  ChunkedDecoder at_once;
  std::string_view rest = text.substr(head_end);
  const bool is_valid = at_once.decode(rest, whole, SIZE_MAX).has_value();
  std::string pieces;
  ChunkedDecoder in_pieces;
  bool is_valid_in_pieces = true;
  for (size_t at = head_end; at < text.size() && is_valid_in_pieces; at += step) {
    std::string_view piece = text.substr(at, step);
    is_valid_in_pieces = in_pieces.decode(piece, pieces, SIZE_MAX).has_value();
    if (in_pieces.is_done()) break;
  }
  if (is_valid != is_valid_in_pieces || (is_valid && whole != pieces)) std::abort();
  return 0;
}
