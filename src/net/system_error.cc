#include "net/system_error.h"

#include <cstring>

namespace alloy::net {

std::string errno_text(int code) {
  char buffer[128];
  std::string text = strerror_r(code, buffer, sizeof buffer);
  // Names like "RPC" keep their capitals.
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a') {
    text[0] = static_cast<char>(text[0] + ('a' - 'A'));
  }
  return text;
}

}  // namespace alloy::net
