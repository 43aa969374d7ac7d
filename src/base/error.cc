#include "base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace alloy {

Error Error::from_errno(std::string_view what) {
  const int code = errno;
  const ErrorKind kind = code == ENOENT                     ? ErrorKind::not_found
                         : code == ENOSPC || code == EDQUOT ? ErrorKind::full
                                                            : ErrorKind::failed;
  char buffer[128];
  // In small letters, as Go prints it.
  std::string reason = strerror_r(code, buffer, sizeof buffer);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') reason[0] += 'a' - 'A';
  return Error(fmt::format("{}: {}", what, reason), kind);
}

Error Error::with_context(std::string_view context) && {
  message_ = fmt::format("{}: {}", context, message_);
  return std::move(*this);
}

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace alloy
