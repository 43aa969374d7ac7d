// constants.*: facts about the program and the machine.
#include <array>
#include <charconv>
#include <optional>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "values/stdlib.h"
#include "values/stdlib/library.h"

namespace alloy {
namespace {

// Written once, before the first expression is evaluated.
std::string program_version;

// One of the three numbers of a version, at the front of the text; leading zeros don't count.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t number = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return number;
}

// "1.2" and "v1.2.0" both as "v1.2.0"; what is no version stays as it is.
std::string normalise_version(std::string_view version) {
  version = trim(version);
  if (version.empty()) return "v0.0.0";
  std::string_view rest = version;
  if (rest.starts_with('v')) rest.remove_prefix(1);
  std::array<uint64_t, 3> parts{};
  for (size_t i = 0; i < parts.size(); ++i) {
    auto number = take_number(rest);
    if (!number) return std::string(version);
    parts[i] = *number;
    if (i + 1 == parts.size() || !rest.starts_with('.')) break;
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest.front() != '-' && rest.front() != '+') return std::string(version);
  return fmt::format("v{}.{}.{}{}", parts[0], parts[1], parts[2], rest);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

// The names that Go gives to processors.
std::string architecture() {
  utsname names{};
  if (uname(&names) != 0) return {};
  std::string_view machine = names.machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

}  // namespace

void set_standard_constants(StandardConstants constants) {
  program_version = std::move(constants.version);
}

namespace stdlib {

Value constants_namespace() {
  return make_namespace({
      {"arch", Value::string(architecture())},
      {"hostname", Value::string(host_name())},
      {"os", Value::string("linux")},
      {"version", Value::string(normalise_version(program_version))},
  });
}

}  // namespace stdlib
}  // namespace alloy
