#include "net/curl_library.h"

#include <csignal>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/dynamic_library.h"

namespace alloy::net {
namespace {

// The soname of libcurl 7 and 8 on Debian and Red Hat families; the ABI has not changed since 2006.
const DynamicLibrary& library() {
  static const DynamicLibrary loaded("libcurl.so.4");
  return loaded;
}

Result<void> initialise() {
  TRY(library().loaded());
  decltype(&curl_global_init) init = nullptr;
  library().bind(init, "curl_global_init");
  // A peer that closes while we write must be an error, not the end of the program: libcurl with
  // CURLOPT_NOSIGNAL leaves this to us.
  std::signal(SIGPIPE, SIG_IGN);
  const CURLcode code = init(CURL_GLOBAL_ALL);
  if (code != CURLE_OK)
    return fail(fmt::format("initialising libcurl: error {}", static_cast<int>(code)));
  return {};
}

}  // namespace

Result<void> load_curl() {
  static const Result<void> ready = initialise();
  return ready;
}

void* curl_symbol(const char* name) { return library().symbol(name); }

}  // namespace alloy::net
