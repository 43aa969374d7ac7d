// libcurl, loaded when the first request needs it. Linked in, its thirty shared libraries would
// cost every start of the program 5 ms and 6 MB of resident memory (docs/dependencies.md).
#pragma once

#include "base/error.h"

namespace alloy::net {

// Loads libcurl and initialises it, once for the process; says why when that can't be done.
Result<void> load_curl();

// The address of one of its functions. Only after load_curl() succeeded; the name must exist.
void* curl_symbol(const char* name);

// Fills a function pointer declared as decltype(&curl_...).
template <class Function>
void bind_curl(Function& function, const char* name) {
  function = reinterpret_cast<Function>(curl_symbol(name));
}

}  // namespace alloy::net
