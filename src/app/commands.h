// The commands of the program.
#pragma once

#include <string>

#include "app/command.h"

namespace alloy::app {

// The whole tree, for a program of this name (the last part of argv[0]).
Command root_command(std::string program);

Command run_command();
Command validate_command();
Command convert_command();
Command fmt_command();
Command tools_command();

}  // namespace alloy::app
