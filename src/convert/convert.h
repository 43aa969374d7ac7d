// Configurations of other programs as ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/diagnostics.h"
#include "convert/draft.h"

namespace alloy::convert {

struct Input {
  std::string text;
  std::vector<std::string> extra_arguments;  // The other program's command line.
  Catalogue catalogue;                       // What the result may be made of.
};

struct Conversion {
  std::string text;  // Empty if there is nothing to write.
  Diagnostics diagnostics;
};

// Converts from the format of the name ("prometheus", "promtail", …); one that is not known is a
// critical diagnostic.
Conversion convert(std::string_view format, const Input& input);

// For converters.
// A critical diagnostic if there are any arguments.
std::optional<Conversion> refuse_extra_arguments(const Input& input, std::string_view format);
// Writes the components, and looks for such of the same id.
void finish(std::vector<Component> components, Catalogue catalogue, Conversion& result);

}  // namespace alloy::convert
