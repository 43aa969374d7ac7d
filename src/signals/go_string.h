// String literals of Go, as selectors and templates have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace alloy {

// The text of "…" (with escapes), `…` or '…' (one character); nullopt if it is none of them.
std::optional<std::string> unquote_go(std::string_view literal);

}  // namespace alloy
