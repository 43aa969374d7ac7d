// The files that commands read and write for their user.
#pragma once

#include <string>
#include <string_view>

#include "app/console.h"
#include "base/error.h"

namespace alloy::app {

// The whole file, or standard input for "-". For a directory the error says that the command,
// "format" say, can't do it.
Result<std::string> read_input(const std::string& path, std::string_view command, Console& console);

// Makes the file, or replaces its content; it keeps its permissions then.
Result<> write_output(const std::string& path, std::string_view text);

}  // namespace alloy::app
