// `alloy convert`: not built yet, but its command line is checked like the real one's.
#include <filesystem>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/run_options.h"

namespace alloy::app {
namespace {

struct ConvertOptions {
  std::string output;
  std::string report;
  SourceOptions source{.format = ""};
};

Result<int> convert(const ConvertOptions& options, const Invocation& call) {
  if (options.source.format.empty())
    return fail("source-format is a required flag", ErrorKind::invalid);
  const std::string path = call.arguments.empty() ? "-" : call.arguments[0];
  std::error_code ignored;
  if (path != "-" && std::filesystem::is_directory(path, ignored))
    return fail("cannot convert a directory", ErrorKind::invalid);
  if (options.source.format == "alloy")
    return fail("(Critical) unrecognized kind \"alloy\" given to the config converter",
                ErrorKind::invalid);
  TRY(check_format(options.source, path));
  return 0;
}

}  // namespace

Command convert_command() {
  auto options = std::make_shared<ConvertOptions>();
  return {
      .use = "convert [flags] [file]",
      .summary = "Convert a supported config file to Alloy",
      .description =
          "Reads a configuration of another program from a file or, without one or for "
          "-, from\nstandard input, and prints the Alloy configuration for it.",
      .flags = {{"output", &options->output, "Where to write the result; default: standard output",
                 'o'},
                {"report", &options->report, "Where to write a report about the conversion", 'r'},
                {"source-format", &options->source.format,
                 "The format of the source file. Supported formats: otelcol, prometheus, promtail, "
                 "static.",
                 'f'},
                {"bypass-errors", &options->source.bypass_conversion_errors,
                 "Go on when the conversion reports errors that are not critical", 'b'},
                {"extra-args", &options->source.extra_args,
                 "Command line of the source program that belongs to the configuration", 'e'}},
      .arguments = {.max = 1},
      .run = [options](const Invocation& call) { return convert(*options, call); },
  };
}

}  // namespace alloy::app
