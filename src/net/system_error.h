// The words for an errno that Go uses.
#pragma once

#include <string>

namespace alloy::net {

// As the C library's, but in lower case: "connection refused".
std::string errno_text(int code);

}  // namespace alloy::net
