// `alloy validate`: judges a configuration without running it.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/diagnostics_formats.h"
#include "app/foreign_config.h"
#include "app/load_report.h"
#include "app/run_options.h"
#include "app/service_blocks.h"
#include "component/registry.h"
#include "runtime/validate.h"

namespace alloy::app {
namespace {

struct ValidateCommandOptions {
  SourceOptions source;
  std::string format = "text";
  bool is_strict = false;
};

Result<int> validate(const ValidateCommandOptions& options, const Invocation& call) {
  TRY(const auto format, parse_diagnostics_format(options.format));
  TRY(const auto source, read_any_config(options.source, call.arguments[0]));
  const auto diagnostics =
      runtime::validate(source, {.components = built_in_components(),
                                 .services = describe_service_blocks(),
                                 .stability_min = options.source.stability,
                                 .community_enabled = options.source.community_components,
                                 .is_strict = options.is_strict});
  if (format != DiagnosticsFormat::text) {
    call.console.out(format_diagnostics(diagnostics, format));
  } else if (!diagnostics.empty()) {
    print_diagnostics(diagnostics, source.files, call.console);
  }
  if (diagnostics.empty()) return 0;
  return fail("validation failed", ErrorKind::invalid);
}

}  // namespace

Command validate_command() {
  auto options = std::make_shared<ValidateCommandOptions>();
  FlagSet flags = source_flags(options->source);
  flags.add({"format", &options->format,
             "How mistakes are printed. Supported formats: text, json, sarif, github."});
  flags.add({"strict", &options->is_strict,
             "Also evaluate what is known without running anything, and warn of unused exports."});
  return {.use = "validate [flags] path",
          .summary = "Validate a configuration file",
          .description =
              "Checks the configuration in a file or a directory of *.alloy files "
              "without running it.",
          .flags = std::move(flags),
          .arguments = {1, 1},
          .run = [options](const Invocation& call) { return validate(*options, call); }};
}

}  // namespace alloy::app
