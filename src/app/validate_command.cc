// `alloy validate`: judges a configuration without running it.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/load_report.h"
#include "app/run_options.h"
#include "app/service_blocks.h"
#include "component/registry.h"
#include "runtime/validate.h"

namespace alloy::app {
namespace {

Result<int> validate(const SourceOptions& options, const Invocation& call) {
  TRY(check_format(options));
  TRY(const auto source, runtime::read_config(call.arguments[0]));
  const auto diagnostics =
      runtime::validate(source, {.components = built_in_components(),
                                 .services = describe_service_blocks(),
                                 .stability_min = options.stability,
                                 .community_enabled = options.community_components});
  if (diagnostics.empty()) return 0;
  print_diagnostics(diagnostics, source.files, call.console);
  return fail("validation failed", ErrorKind::invalid);
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
