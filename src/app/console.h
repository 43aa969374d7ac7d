// Where a command prints: standard output and error, or a buffer in tests.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace alloy::app {

struct Console {
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  // Reads standard input to its end.
  std::function<std::string()> read_in;
  // Whether diagnostics are coloured: decided by standard output, although they go to error.
  bool colour = false;
};

// The process's own streams.
Console process_console();

}  // namespace alloy::app
