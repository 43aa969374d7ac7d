// `alloy validate`: judges a configuration without running it.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/run_options.h"

namespace alloy::app {
namespace {

Result<int> validate(const SourceOptions& options, const Invocation&) {
  TRY(check_format(options));
  return fail("alloy validate is not built yet");
}

}  // namespace

Command validate_command() {
  auto options = std::make_shared<SourceOptions>();
  return {.use = "validate [flags] path",
          .summary = "Validate a configuration file",
          .description =
              "Checks the configuration in a file or a directory of *.alloy files "
              "without running it.",
          .flags = source_flags(*options),
          .arguments = {1, 1},
          .run = [options](const Invocation& call) { return validate(*options, call); }};
}

}  // namespace alloy::app
