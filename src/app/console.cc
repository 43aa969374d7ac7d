#include "app/console.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace alloy::app {
namespace {

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // Nobody is reading any more; there is no one to tell.
    text.remove_prefix(static_cast<size_t>(written));
  }
}

std::string read_to_end(int descriptor) {
  std::string content;
  char buffer[64 << 10];
  while (true) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return content;
    content.append(buffer, static_cast<size_t>(got));
  }
}

// The rules of the colour library the real program uses: a terminal, no NO_COLOR, not "dumb".
bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace

Console process_console() {
  return {.out = [](std::string_view text) { write_all(STDOUT_FILENO, text); },
          .err = [](std::string_view text) { write_all(STDERR_FILENO, text); },
          .read_in = [] { return read_to_end(STDIN_FILENO); },
          .colour = wants_colour()};
}

}  // namespace alloy::app
