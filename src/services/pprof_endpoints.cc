#include "services/pprof_endpoints.h"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "services/cpu_profile.h"
#include "services/heap_profile.h"
#include "services/pprof_profile.h"

namespace alloy {
namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr std::string_view base = "/debug/pprof/";

Task<ServerResponse> ready(ServerResponse response) { co_return response; }

ServerResponse profile_response(std::string_view name, std::string profile) {
  ServerResponse response;
  response.headers = {{"Content-Type", "application/octet-stream"},
                      {"Content-Disposition", fmt::format("attachment; filename=\"{}\"", name)},
                      {"X-Content-Type-Options", "nosniff"}};
  response.body = std::move(profile);
  return response;
}

Duration seconds_of(const ServerRequest& request) {
  double seconds = 0;
  const auto text = query_parameter(request.query, "seconds").value_or("");
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (seconds <= 0) return 30s;
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(seconds, 600.)));
}

Task<ServerResponse> cpu(ServerRequest request) {
  auto profile = co_await profile_cpu(seconds_of(request), request.stop);
  if (!profile)
    co_return net::text_response(500,
                                 "Could not enable CPU profiling: " + profile.error().message());
  co_return profile_response("profile", *std::move(profile));
}

// A profile for which nothing is recorded: there are no goroutines, and nobody counts contention.
std::string empty_profile(std::string_view type) {
  return PprofProfile({{type, "count"}}, {type, "count"}, 1)
      .encode(real_clock().wall(), Duration::zero());
}

// Names and number of the threads: what there is in place of goroutines.
std::string describe_threads() {
  std::string out;
  size_t count = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    ++count;
    const auto name = read_file(task.path() / "comm").value_or("");
    out += fmt::format("{} {}\n", task.path().filename().string(), trim(name));
  }
  return fmt::format("threads: total {}\n{}", count, out);
}

ServerResponse index_page() {
  std::string body =
      "<html>\n<head>\n<title>/debug/pprof/</title>\n</head>\n<body>\n<p>Profiles, for "
      "<code>pprof</code> and whoever reads its format.</p>\n<ul>\n";
  constexpr std::pair<std::string_view, std::string_view> pages[] = {
      {"profile", "CPU time; seconds=30 says for how long"},
      {"heap", "memory in use, sampled"},
      {"goroutine?debug=1", "threads"},
      {"cmdline", "the command line"},
  };
  for (const auto& [name, about] : pages)
    body += fmt::format("<li><a href=\"{0}\">{0}</a>: {1}</li>\n", name, about);
  ServerResponse response{.body = body + "</ul>\n</body>\n</html>\n"};
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  return response;
}

std::string command_line() {
  std::string text = read_file("/proc/self/cmdline").value_or("");
  if (text.ends_with('\0')) text.pop_back();
  return text;
}

ServerResponse snapshot(const ServerRequest& request) {
  const std::string name = request.path.substr(base.size());
  const bool as_text = query_parameter(request.query, "debug").value_or("0") != "0";
  if (name == "heap" || name == "allocs" || name == "delta_heap")
    return profile_response(name, heap_profile());
  if ((name == "goroutine" || name == "threadcreate") && as_text)
    return plain_text(200, describe_threads());
  for (std::string_view known :
       {"goroutine", "threadcreate", "block", "mutex", "delta_block", "delta_mutex"})
    if (name == known) return profile_response(name, empty_profile(name));
  return net::text_response(404, "Unknown profile");
}

}  // namespace

void add_pprof_routes(HttpRouter& router) {
  const std::string path(base);
  router.add("/debug/pprof", [](ServerRequest request) {
    ServerResponse response{.status = 307};
    response.headers.set("Location",
                         "/debug/pprof/" + (request.query.empty() ? "" : "?" + request.query));
    return ready(std::move(response));
  });
  router.add(path, [](ServerRequest) { return ready(index_page()); });
  router.add(path + "cmdline",
             [](ServerRequest) { return ready(plain_text(200, command_line())); });
  router.add(path + "profile", cpu);
  router.add(path + "symbol",
             [](ServerRequest) { return ready(plain_text(200, "num_symbols: 1\n")); });
  router.add_prefix(path, [](ServerRequest request) { return ready(snapshot(request)); });
}

}  // namespace alloy
