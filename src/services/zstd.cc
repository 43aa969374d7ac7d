#include "services/zstd.h"

#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include <zstd.h>

#include "base/error.h"

namespace alloy {

std::string zstd(std::vector<std::string> pieces) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  ASSERT(context != nullptr);
  ASSERT(!ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1)));
  std::string out;
  std::array<char, 16 << 10> buffer;
  const auto feed = [&](std::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer piece{buffer.data(), buffer.size(), 0};
      const size_t left = ZSTD_compressStream2(context.get(), &piece, &in, directive);
      ASSERT(!ZSTD_isError(left));
      out.append(buffer.data(), piece.pos);
      if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return;
    }
  };
  for (std::string& piece : pieces) feed(std::exchange(piece, {}), ZSTD_e_continue);
  feed({}, ZSTD_e_end);
  return out;
}

}  // namespace alloy
