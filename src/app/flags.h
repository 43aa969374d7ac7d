// The flags of a command: described once, then parsed, listed in the help and completed from there.
// Spelling, rules and error texts are those of pflag, which the real program uses.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/duration.h"
#include "base/error.h"

namespace alloy::app {

// A flag with values of its own kind.
struct CustomValue {
  std::string type;                // Shown in the help behind the flag's name.
  std::vector<std::string> words;  // What completion offers.
  std::function<Result<void>(std::string_view)> set;
  std::function<std::string()> text;  // The present value, as the help shows the default.
};

// Where a flag's value goes. What stands there at first is its default.
using FlagTarget = std::variant<bool*, int64_t*, std::string*, Duration*, std::vector<std::string>*,
                                std::shared_ptr<bool>, CustomValue>;

struct Flag {
  std::string name;
  FlagTarget target;
  std::string usage;       // A sentence for the help.
  char shorthand = '\0';   // One letter for `-x`.
  std::string deprecated;  // Why, when it is; such a flag is not listed.
  bool required = false;
  // Set by FlagSet.
  bool is_set = false;
  std::string default_text;
};

class FlagSet {
 public:
  FlagSet() = default;
  FlagSet(std::initializer_list<Flag> flags);
  void add(Flag flag);

  // Sets what `arguments` name and returns the rest: the positional arguments. Flags may stand
  // anywhere; "--" ends them. Notices about deprecated flags are appended to `notices`.
  Result<std::vector<std::string>> parse(const std::vector<std::string>& arguments,
                                         std::string& notices);
  // `required flag(s) "a", "b" not set`, if so.
  Result<void> check_required() const;
  // The table of the help, without an end of line after the last row.
  std::string usages() const;

  Flag* find(std::string_view name);
  const Flag* find(std::string_view name) const;
  const Flag* find_shorthand(char shorthand) const;
  // Sorted by name.
  const std::vector<Flag>& all() const { return flags_; }

 private:
  struct Arguments;
  Result<void> parse_long(std::string_view text, Arguments& arguments, std::string& notices);
  Result<void> parse_short(std::string_view text, Arguments& arguments, std::string& notices);
  Result<void> set(Flag& flag, std::string_view value, std::string& notices);

  std::vector<Flag> flags_;
};

// Whether the flag stands for `true` when it has no value: `--flag` takes no second argument.
bool takes_no_value(const Flag& flag);
// The value as the real program prints it: `--flag` values of a support bundle, defaults.
std::string value_text(const Flag& flag);

}  // namespace alloy::app
