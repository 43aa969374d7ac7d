// What every program of this kind has: `help [command]` and the hidden command that the completion
// scripts call.
#include <algorithm>

#include <fmt/format.h>

#include "app/command.h"
#include "app/completion_scripts.h"

namespace alloy::app {
namespace {

Result<int> print_help(const Invocation& call) {
  auto found = find_command(call.root, call.arguments);
  if (found) {
    call.console.out(help_text(*found->command, found->path));
  } else {
    call.console.err(fmt::format("Unknown help topic [`{}`]\n{}", fmt::join(call.arguments, "` `"),
                                 usage_text(call.root, call.root.name())));
  }
  return 0;
}

// One proposal a line, with a tab and its description behind it.
using Proposals = std::vector<std::pair<std::string, std::string>>;

void propose_flags(const FlagSet& flags, Proposals& proposals) {
  for (const Flag& flag : flags.all())
    if (flag.deprecated.empty()) proposals.emplace_back("--" + flag.name, flag.usage);
}

void propose_values(const Flag& flag, std::string_view prefix, Proposals& proposals) {
  if (const auto* custom = std::get_if<CustomValue>(&flag.target))
    for (const auto& word : custom->words) proposals.emplace_back(std::string(prefix) + word, "");
}

// Whether the last complete word is a flag that waits for its value.
const Flag* waiting_flag(const FlagSet& flags, const std::vector<std::string>& words) {
  if (words.empty() || !words.back().starts_with("--")) return nullptr;
  if (words.back().find('=') != std::string::npos) return nullptr;
  const Flag* flag = flags.find(std::string_view(words.back()).substr(2));
  return flag != nullptr && !takes_no_value(*flag) ? flag : nullptr;
}

// The last argument is the word being typed. Directives at the end, after cobra: 0 lets the shell
// complete file names, 4 does not.
Result<int> complete(const Invocation& call) {
  std::vector<std::string> words = call.arguments;
  if (words.empty()) return 1;
  const std::string typed = words.back();
  words.pop_back();
  auto found = find_command(call.root, words);
  Proposals proposals;
  bool files = false;
  if (found) {
    const FlagSet flags = flags_with_help(*found->command);
    const size_t equals = typed.find('=');
    if (const Flag* flag = waiting_flag(flags, words)) {
      propose_values(*flag, "", proposals);
      files = proposals.empty();
    } else if (typed.starts_with("--") && equals != std::string::npos) {
      const Flag* named = flags.find(std::string_view(typed).substr(2, equals - 2));
      if (named != nullptr) propose_values(*named, typed.substr(0, equals + 1), proposals);
      files = proposals.empty();
    } else if (typed.starts_with('-')) {
      propose_flags(flags, proposals);
    } else {
      for (const Command& c : found->command->subcommands)
        if (!c.hidden) proposals.emplace_back(c.name(), c.summary);
      files = found->command->subcommands.empty();
    }
  }
  for (const auto& [text, about] : proposals) {
    if (!text.starts_with(typed)) continue;
    call.console.out(about.empty() ? text + "\n" : fmt::format("{}\t{}\n", text, about));
  }
  call.console.out(files ? ":0\n" : ":4\n");
  return 0;
}

Command completion_for(std::string_view shell, std::string_view load) {
  auto no_descriptions = std::make_shared<bool>(false);
  return {.use = std::string(shell),
          .summary = fmt::format("Generate the autocompletion script for {}", shell),
          .description = fmt::format("Prints the script that completes commands and flags in {}.\n"
                                     "To load it into this session:\n\n\t{}",
                                     shell, load),
          .flags = {{.name = "no-descriptions",
                     .target = no_descriptions,
                     .usage = "disable completion descriptions"}},
          .arguments = {.max = 0},
          .run = [=, name = std::string(shell)](const Invocation& call) -> Result<int> {
            const auto with = *no_descriptions ? Descriptions::hidden : Descriptions::shown;
            call.console.out(completion_script(name, call.root.name(), with));
            return 0;
          }};
}

}  // namespace

void add_built_in_commands(Command& root) {
  root.subcommands.push_back(
      {.use = "help [command]",
       .summary = "Help about any command",
       .description = fmt::format("Help about any command of {}.", root.name()),
       .run = print_help});
  root.subcommands.push_back({.use = "__complete",
                              .summary = "Propose what could stand at the end of a command line",
                              .run = complete,
                              .hidden = true,
                              .parses_flags = false});
  const auto name = root.name();
  root.subcommands.push_back(
      {.use = "completion",
       .summary = "Generate the autocompletion script for the specified shell",
       .description = fmt::format("Generate the autocompletion script for {} for the specified "
                                  "shell.\nEach sub-command's help says how to load it.",
                                  name),
       .subcommands = {
           completion_for("bash", fmt::format("source <({} completion bash)", name)),
           completion_for("fish", fmt::format("{} completion fish | source", name)),
           completion_for(
               "powershell",
               fmt::format("{} completion powershell | Out-String | Invoke-Expression", name)),
           completion_for("zsh", fmt::format("source <({} completion zsh)", name)),
       }});
}

}  // namespace alloy::app
