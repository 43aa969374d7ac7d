// Configurations that may be another program's: read, and converted if they are.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/run_options.h"
#include "base/error.h"
#include "runtime/config_source.h"

namespace alloy::app {

// Reads the path as --config.format and its companions say. A directory holds our own files,
// whatever they say. Errors: those of runtime::read_config, and what the conversion refuses.
Result<runtime::ConfigSource> read_any_config(const SourceOptions& options,
                                              const std::string& path);

// The arguments of --config.extra-args: "-a=1 --b=2" as "-a", "1", "--b", "2".
Result<std::vector<std::string>> parse_extra_arguments(std::string_view text);

}  // namespace alloy::app
