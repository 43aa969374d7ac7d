// What is said about a configuration that could not be loaded.
#pragma once

#include <string>

#include "app/console.h"
#include "runtime/controller.h"

namespace alloy::app {

// Prints diagnostics with the lines they are about, as `run` and `validate` do.
void print_diagnostics(const syntax::Diagnostics& diagnostics,
                       std::span<const syntax::SourcePointer> sources, Console& console);

// One line: what a reload answers.
std::string describe_load_failure(const runtime::LoadFailure& failure, std::string_view path);

// Prints what is wrong with the first configuration; the error ends the command.
std::unexpected<Error> report_first_load(const runtime::LoadFailure& failure, std::string_view path,
                                         Console& console);

}  // namespace alloy::app
