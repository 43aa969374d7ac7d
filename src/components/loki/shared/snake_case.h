// Names of others as label names: "logGroup-Name" is "log_group_name".
#pragma once

#include <string>
#include <string_view>

namespace alloy::loki {

// An underscore in place of blanks and punctuation and in front of capital letters, which become
// small; "%" is "_percent".
std::string snake_case(std::string_view name);

}  // namespace alloy::loki
