#include "app/fmt_command.h"

#include <fmt/format.h>

#include "app/commands.h"
#include "app/text_files.h"
#include "app/unified_diff.h"
#include "syntax/printer.h"

namespace alloy::app {

Result<int> run_fmt(const FmtOptions& options, Console& console) {
  if (options.write && options.test) {
    return fail("cannot use -w/--write and -t/--test at the same time", ErrorKind::invalid);
  }
  if (options.write && options.diff) {
    return fail("cannot use -w/--write and --diff at the same time", ErrorKind::invalid);
  }
  const bool is_stdin = options.path == "-";
  if (is_stdin && options.write) {
    return fail("cannot use -w with standard input", ErrorKind::invalid);
  }
  const std::string name = is_stdin ? "<stdin>" : options.path;
  TRY(std::string text, read_input(options.path, "format", console));
  const auto source = syntax::make_source(name, std::move(text));
  const auto formatted = syntax::format(source);
  if (!formatted) {
    for (const auto& diagnostic : formatted.error()) console.err(diagnostic.to_string() + "\n");
    return fail("encountered errors during formatting", ErrorKind::invalid);
  }
  const bool is_changed = *formatted != source->text;
  if (options.diff) {
    console.out(unified_diff(name, source->text, name + " (formatted)", *formatted));
  }
  if (options.test) {
    if (is_changed) return fail(fmt::format("file {} is not formatted correctly", name));
    return 0;
  }
  if (!options.write) {
    if (!options.diff) console.out(*formatted);
  } else if (is_changed) {
    TRY(write_output(options.path, *formatted));
  }
  return 0;
}

Command fmt_command() {
  auto options = std::make_shared<FmtOptions>();
  return {
      .use = "fmt [flags] file",
      .aliases = {"format"},
      .summary = "Format a configuration file",
      .description =
          "Puts the configuration in a file or, without one or for -, in standard input into the\n"
          "standard layout, and prints it. With -w the file itself is rewritten instead.",
      .flags = {{"write", &options->write, "Rewrite the file instead of printing the result", 'w'},
                {"test", &options->test,
                 "Exit with an error when changes would be made. Cannot be used with -w/--write",
                 't'},
                {"diff", &options->diff, "Print what would change instead of the result"}},
      .arguments = {.max = 1},
      .run =
          [options](const Invocation& call) {
            FmtOptions chosen = *options;
            if (!call.arguments.empty()) chosen.path = call.arguments[0];
            return run_fmt(chosen, call.console);
          },
  };
}

}  // namespace alloy::app
