// `alloy fmt`: puts a configuration into the standard layout.
#pragma once

#include <string>

#include "app/console.h"
#include "base/error.h"

namespace alloy::app {

struct FmtOptions {
  std::string path = "-";  // "-" is standard input.
  bool write = false;      // Replace the file's content instead of printing it.
  bool test = false;       // Only tell whether the layout would change.
  bool diff = false;       // Print what would change instead of the result.
};

// Formats one configuration. The exit status, or the error that ends the command.
Result<int> run_fmt(const FmtOptions& options, Console& console);

}  // namespace alloy::app
