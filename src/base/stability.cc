#include "base/stability.h"

#include <fmt/format.h>

namespace alloy {

std::string_view name_of(Stability stability) {
  switch (stability) {
    case Stability::experimental:
      return "experimental";
    case Stability::public_preview:
      return "public-preview";
    case Stability::generally_available:
      return "generally-available";
  }
  return "generally-available";
}

Result<Stability> parse_stability(std::string_view text) {
  for (const auto level :
       {Stability::experimental, Stability::public_preview, Stability::generally_available}) {
    if (text == name_of(level)) return level;
  }
  return fail(fmt::format("invalid stability level \"{}\"", text), ErrorKind::invalid);
}

Result<> check_stability(std::string_view subject, Stability stability, Stability allowed) {
  if (stability >= allowed) return {};
  return fail(fmt::format("{} is at stability level \"{}\", which is below the minimum allowed "
                          "stability level \"{}\". Use --stability.level command-line flag to "
                          "enable \"{}\" features",
                          subject, name_of(stability), name_of(allowed), name_of(stability)),
              ErrorKind::invalid);
}

}  // namespace alloy
