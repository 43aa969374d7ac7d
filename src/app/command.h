// A tree of commands and how a command line finds its way through it. Rules, layout and texts are
// those of cobra, which the real program uses.
//
// A command is a value: what it is called, its flags (bound to options that its `run` shares), how
// many arguments it wants, and what it does. See fmt_command.cc for a short example.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "app/console.h"
#include "app/flags.h"
#include "base/error.h"

namespace alloy::app {

struct Command;

// What `run` is given.
struct Invocation {
  Console& console;
  std::vector<std::string> arguments;  // Without the flags.
  const Command& root;
  const Command& command;  // This one, with its flags parsed.
  std::string path;        // "alloy tools": how the command is called.
};

// How many arguments a command takes.
struct ArgumentCount {
  size_t min = 0;
  size_t max = std::numeric_limits<size_t>::max();
};

struct Command {
  std::string use;  // "run [flags] PATH": the first word is the name.
  std::vector<std::string> aliases;
  std::string summary;      // One line for the list of commands.
  std::string description;  // For the command's own help; empty: the summary.
  FlagSet flags;
  ArgumentCount arguments;
  // Gives the exit status; an error is printed as "Error: ..." and exits with 1. Empty: the command
  // only groups others, and prints its help.
  std::function<Result<int>(const Invocation&)> run;
  std::vector<Command> subcommands;
  bool hidden = false;          // Not in lists.
  bool parses_flags = true;     // No: every argument is passed on as it is.
  bool usage_on_error = false;  // Prints the usage behind an error.
  std::string version;          // Of the root: what --version prints.

  std::string_view name() const { return std::string_view(use).substr(0, use.find(' ')); }
  bool is_called(std::string_view word) const;
  const Command* find(std::string_view word) const;
};

// A command and what is left for it of a command line.
struct FoundCommand {
  const Command* command = nullptr;
  std::vector<std::string> rest;
  std::string path;
};
// Follows the words of `arguments` down the tree. Fails for an unknown command.
Result<FoundCommand> find_command(const Command& root, const std::vector<std::string>& arguments);

// Adds -h to the flags and, for a root with a version, -v.
FlagSet flags_with_help(const Command& command);

// What --help prints, and what goes with an error.
std::string help_text(const Command& command, std::string_view path);
std::string usage_text(const Command& command, std::string_view path);

// The commands every program has: help and completion.
void add_built_in_commands(Command& root);

// Runs a command line (without the program's name) and returns the exit status.
int execute(const Command& root, const std::vector<std::string>& arguments, Console& console);

}  // namespace alloy::app
