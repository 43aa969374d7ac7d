#include "app/command.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::app {
namespace {

// Where the first word that is no flag (nor a flag's value) stands; the size if there is none.
// An unknown flag is taken to have a value, as cobra does.
size_t first_word(const FlagSet& flags, const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view text = arguments[i];
    if (text == "--") break;
    if (text.empty()) continue;
    if (text[0] != '-') return i;
    if (text.find('=') != std::string_view::npos) continue;
    const bool is_long = text.starts_with("--");
    if (!is_long && text.size() != 2) continue;
    const Flag* flag = is_long ? flags.find(text.substr(2)) : flags.find_shorthand(text[1]);
    if (flag != nullptr && takes_no_value(*flag)) continue;
    if (i + 2 >= arguments.size()) break;
    ++i;
  }
  return arguments.size();
}

size_t edit_distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string suggestions(const Command& command, std::string_view word) {
  std::string found;
  for (const Command& candidate : command.subcommands) {
    if (candidate.hidden) continue;
    if (edit_distance(word, candidate.name()) <= 2 || candidate.name().starts_with(word))
      found += fmt::format("\t{}\n", candidate.name());
  }
  return found.empty() ? "" : "\n\nDid you mean this?\n" + found;
}

Result<void> check_count(const ArgumentCount& wanted, size_t got) {
  if (got >= wanted.min && got <= wanted.max) return {};
  if (wanted.min == wanted.max)
    return fail(fmt::format("accepts {} arg(s), received {}", wanted.min, got));
  return fail(
      fmt::format("accepts between {} and {} arg(s), received {}", wanted.min, wanted.max, got));
}

bool is_given(const FlagSet& flags, std::string_view name) {
  const Flag* flag = flags.find(name);
  return flag != nullptr && flag->is_set && value_text(*flag) == "true";
}

// Runs one command with what is left of the command line for it.
Result<int> run(const Command& root, Command command, const FoundCommand& found, Console& console) {
  std::vector<std::string> arguments = found.rest;
  command.flags = flags_with_help(command);
  if (command.parses_flags) {
    std::string notices;
    TRY(arguments, command.flags.parse(found.rest, notices));
    console.err(notices);
  }
  if (is_given(command.flags, "help") || !command.run) {
    console.out(help_text(command, found.path));
    return 0;
  }
  if (is_given(command.flags, "version")) {
    console.out(command.version);
    return 0;
  }
  TRY(check_count(command.arguments, arguments.size()));
  TRY(command.flags.check_required());
  return command.run({console, std::move(arguments), root, command, found.path});
}

}  // namespace

bool Command::is_called(std::string_view word) const {
  return name() == word || std::ranges::find(aliases, word) != aliases.end();
}

const Command* Command::find(std::string_view word) const {
  const auto at = std::ranges::find_if(subcommands, [&](auto& c) { return c.is_called(word); });
  return at != subcommands.end() ? &*at : nullptr;
}

Result<FoundCommand> find_command(const Command& root, const std::vector<std::string>& arguments) {
  FoundCommand found{&root, arguments, std::string(root.name())};
  while (true) {
    const size_t at = first_word(found.command->flags, found.rest);
    if (at == found.rest.size()) return found;
    const std::string word = found.rest[at];
    const Command* next = found.command->find(word);
    if (next == nullptr) {
      if (found.command != &root) return found;
      return fail(fmt::format("unknown command {} for {}{}", quote(word), quote(found.path),
                              suggestions(root, word)),
                  ErrorKind::not_found);
    }
    found.command = next;
    found.rest.erase(found.rest.begin() + static_cast<ptrdiff_t>(at));
    found.path += fmt::format(" {}", next->name());
    if (!next->parses_flags) return found;
  }
}

int execute(const Command& root, const std::vector<std::string>& arguments, Console& console) {
  auto found = find_command(root, arguments);
  if (!found) {
    console.err(fmt::format("Error: {}\nRun '{} --help' for usage.\n", found.error().message(),
                            root.name()));
    return 1;
  }
  auto status = run(root, *found->command, *found, console);
  if (status) return *status;
  console.err(fmt::format("Error: {}\n", status.error().message()));
  if (found->command->usage_on_error) console.err(usage_text(*found->command, found->path) + "\n");
  return 1;
}

}  // namespace alloy::app
