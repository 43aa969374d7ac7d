#include "net/curl_library.h"

#include <csignal>
#include <dlfcn.h>

#include <curl/curl.h>
#include <fmt/format.h>

namespace alloy::net {
namespace {

struct Library {
  void* handle = nullptr;
  std::string error;
};

Library load() {
  Library library;
  // The sonames of libcurl 7 and 8 on Debian and Red Hat families; the ABI has not changed since
  // 2006.
  library.handle = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
  if (!library.handle) {
    library.error = fmt::format("loading libcurl: {}", dlerror());
    return library;
  }
  const auto init =
      reinterpret_cast<decltype(&curl_global_init)>(dlsym(library.handle, "curl_global_init"));
  const CURLcode code = init ? init(CURL_GLOBAL_ALL) : CURLE_FAILED_INIT;
  if (code != CURLE_OK) {
    library.error = fmt::format("initialising libcurl: error {}", static_cast<int>(code));
  }
  // A peer that closes while we write must be an error, not the end of the program: libcurl with
  // CURLOPT_NOSIGNAL leaves this to us.
  std::signal(SIGPIPE, SIG_IGN);
  return library;
}

const Library& library() {
  static const Library loaded = load();
  return loaded;
}

}  // namespace

Result<void> load_curl() {
  if (!library().error.empty()) return fail(library().error);
  return {};
}

void* curl_symbol(const char* name) {
  void* symbol = dlsym(library().handle, name);
  ASSERT(symbol != nullptr);
  return symbol;
}

}  // namespace alloy::net
