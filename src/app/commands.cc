#include "app/commands.h"

#include <fmt/format.h>

#include "app/version.h"

namespace alloy::app {

Command root_command(std::string program) {
  Command root = {
      .use = fmt::format("{} [global options] <subcommand>", program),
      .summary = "Grafana Alloy",
      .run = [](const Invocation& call) -> Result<int> {
        call.console.err(usage_text(call.root, call.path));
        return 0;
      },
      .subcommands = {convert_command(), fmt_command(), run_command(), tools_command(),
                      validate_command()},
      .version = version_text(program),
  };
  add_built_in_commands(root);
  return root;
}

}  // namespace alloy::app
