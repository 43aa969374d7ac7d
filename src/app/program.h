// `alloy run` once the command line is understood: builds every part of the program, runs the
// configuration until asked to stop, and takes everything down again.
#pragma once

#include <memory>
#include <string>

#include "app/console.h"
#include "app/run_options.h"

namespace alloy::app {

// The exit status, or the error that ends the command. Uses the process's signals.
Result<int> run_program(const RunOptions& options, const std::string& config_path,
                        Console& console);

}  // namespace alloy::app
