// The help of a command, laid out as cobra does.
#include <algorithm>

#include <fmt/format.h>

#include "app/command.h"
#include "base/text.h"

namespace alloy::app {
namespace {

std::string_view trim_end(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::vector<const Command*> listed(const Command& command) {
  std::vector<const Command*> commands;
  for (const Command& c : command.subcommands)
    if (!c.hidden) commands.push_back(&c);
  std::ranges::sort(commands, {}, [](const Command* c) { return c->name(); });
  return commands;
}

}  // namespace

FlagSet flags_with_help(const Command& command) {
  FlagSet flags = command.flags;
  if (flags.find("help") != nullptr) return flags;  // They are there already.
  flags.add({.name = "help",
             .target = std::make_shared<bool>(false),
             .usage = fmt::format("help for {}", command.name()),
             .shorthand = 'h'});
  if (!command.version.empty())
    flags.add({.name = "version",
               .target = std::make_shared<bool>(false),
               .usage = fmt::format("version for {}", command.name()),
               .shorthand = 'v'});
  return flags;
}

std::string usage_text(const Command& command, std::string_view path) {
  const auto commands = listed(command);
  std::string out = "Usage:";
  if (command.run) {
    const size_t parent = path.rfind(' ');
    const std::string_view before = parent == path.npos ? "" : path.substr(0, parent + 1);
    const bool says_flags = command.use.find("[flags]") != std::string::npos;
    out += fmt::format("\n  {}{}{}", before, command.use, says_flags ? "" : " [flags]");
  }
  if (!commands.empty()) out += fmt::format("\n  {} [command]", path);
  if (!command.aliases.empty())
    out += fmt::format("\n\nAliases:\n  {}, {}", command.name(), fmt::join(command.aliases, ", "));
  if (!commands.empty()) {
    size_t width = 11;
    for (const Command& c : command.subcommands) width = std::max(width, c.name().size());
    out += "\n\nAvailable Commands:";
    for (const Command* c : commands)
      out += fmt::format("\n  {:{}} {}", c->name(), width, c->summary);
  }
  out += fmt::format("\n\nFlags:\n{}", flags_with_help(command).usages());
  if (!commands.empty())
    out +=
        fmt::format("\n\nUse \"{} [command] --help\" for more information about a command.", path);
  return out + "\n";
}

std::string help_text(const Command& command, std::string_view path) {
  const auto about = trim_end(command.description.empty() ? command.summary : command.description);
  return about.empty() ? usage_text(command, path)
                       : fmt::format("{}\n\n{}", about, usage_text(command, path));
}

}  // namespace alloy::app
