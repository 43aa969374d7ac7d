// `alloy run`: everything from the command line to the exit status.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/program.h"
#include "app/run_options.h"

namespace alloy::app {
namespace {

Result<int> run(const RunOptions& options, const Invocation& call) {
  if (call.arguments[0].empty()) return fail("path argument not provided", ErrorKind::invalid);
  TRY(check_options(options));
  return run_program(options, call.arguments[0], call.console);
}

}  // namespace

Command run_command() {
  auto options = std::make_shared<RunOptions>();
  return {.use = "run [flags] path",
          .summary = "Run Grafana Alloy with Default Engine",
          .description =
              "Runs the configuration in a file or a directory of *.alloy files until asked to\n"
              "stop. It is read again on SIGHUP and on requests to /-/reload; a configuration "
              "that\ncan't be loaded then leaves the running one as it is.",
          .flags = run_flags(*options),
          .arguments = {1, 1},
          .run = [options](const Invocation& call) { return run(*options, call); }};
}

}  // namespace alloy::app
