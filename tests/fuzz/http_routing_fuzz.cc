// What a client can put into a request line and its Authorization header: cleaning paths, reading
// parameters and checking credentials end with a result. The first line is the target.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "services/basic_auth.h"
#include "services/http_router.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(text.find('\n'), text.size());
  const std::string_view target = text.substr(0, line_end);
  const size_t question = std::min(target.find('?'), target.size());
  const std::string path = clean_path(target.substr(0, question));
  if (path.empty() || path[0] != '/' || clean_path(path) != path) std::abort();
  (void)query_parameter(target.substr(question), "x");

  net::ServerRequest request{.path = path};
  request.headers.set("Authorization", std::string(text.substr(line_end)));
  const HttpAuth auth{.username = "ann", .password = "pw"};
  (void)auth.allows(request);
  return 0;
}
