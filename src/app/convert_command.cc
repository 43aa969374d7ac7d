// `alloy convert`: other programs' configurations as ours.
#include "app/commands.h"
#include "app/foreign_config.h"
#include "app/text_files.h"
#include "component/registry.h"
#include "convert/convert.h"

namespace alloy::app {
namespace {

struct ConvertOptions {
  std::string output;
  std::string report;
  SourceOptions source{.format = ""};
};

Result<int> run_convert(const ConvertOptions& options, const Invocation& call) {
  if (options.source.format.empty())
    return fail("source-format is a required flag", ErrorKind::invalid);
  TRY(std::string text,
      read_input(call.arguments.empty() ? "-" : call.arguments[0], "convert", call.console));
  TRY(auto arguments, parse_extra_arguments(options.source.extra_args));
  const convert::Conversion converted =
      convert::convert(options.source.format, {.text = std::move(text),
                                               .extra_arguments = std::move(arguments),
                                               .catalogue = built_in_components()});
  const bool bypass = options.source.bypass_conversion_errors;
  if (!options.report.empty())
    TRY(write_output(options.report, converted.diagnostics.report(bypass)));
  if (converted.diagnostics.forbid_output(bypass))
    return fail(converted.diagnostics.text(), ErrorKind::invalid);
  if (options.output.empty()) {
    call.console.out(converted.text);
  } else {
    TRY(write_output(options.output, converted.text));
  }
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
      .run = [options](const Invocation& call) { return run_convert(*options, call); },
  };
}

}  // namespace alloy::app
