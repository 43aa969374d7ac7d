// The shell scripts behind `alloy completion`. They ask the program itself (`alloy __complete`), so
// they never go stale.
#pragma once

#include <string>
#include <string_view>

namespace alloy::app {

enum class Descriptions : unsigned char { shown, hidden };

// For "bash", "zsh", "fish" or "powershell".
std::string completion_script(std::string_view shell, std::string_view program,
                              Descriptions descriptions);

}  // namespace alloy::app
