#include "services/support_bundle.h"

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "base/text.h"
#include "services/cpu_profile.h"
#include "services/heap_profile.h"
#include "services/http_router.h"
#include "services/pprof_profile.h"
#include "services/zip_archive.h"

namespace alloy {
namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr size_t log_bytes_max = 16 << 20;

// Whether one is being made: they are slow, and profile the whole process.
std::atomic<bool> is_collecting = false;

struct CollectedLog {
  std::mutex mutex;  // Guards everything below.
  std::string text;

  void add(std::string_view line) {
    std::lock_guard lock(mutex);
    if (text.size() + line.size() < log_bytes_max) (text += line) += '\n';
  }
};

// Seconds between 1 and 30, with the real program's texts for everything else.
Result<Duration> duration_of(const ServerRequest& request) {
  const auto text = query_parameter(request.query, "duration");
  if (!text) return 30s;
  int64_t seconds = 0;
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, seconds);
  if (error != std::errc() || at != end)
    return fail(
        fmt::format("duration value (in seconds) should be a positive integer: "
                    "strconv.Atoi: parsing {}: invalid syntax",
                    quote(*text)));
  if (seconds < 1) return fail("duration value (in seconds) should be larger than 1");
  if (seconds > 30) return fail("duration value exceeds the server's write timeout");
  return std::chrono::seconds(seconds);
}

std::string metadata(const std::string& version) {
  utsname machine{};
  ::uname(&machine);
  struct sysinfo info{};
  ::sysinfo(&info);
  return fmt::format("build_version: {}\nos: linux\narchitecture: {}\nuptime: {}\n", version,
                     machine.machine, info.uptime);
}

std::string environment() {
  std::string out;
  for (const char* name :
       {"AUTOMEMLIMIT", "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "HOSTNAME", "HTTP_PROXY",
        "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
        "PPROF_BLOCK_PROFILING_RATE", "PPROF_MUTEX_PROFILING_PERCENT"}) {
    const char* value = std::getenv(name);
    out += fmt::format("{}={}\n", name, value == nullptr ? "" : value);
  }
  return out;
}

// What nothing is recorded for here.
std::string empty_profile(std::string_view type) {
  return PprofProfile({{type, "count"}}, {type, "count"}, 1)
      .encode(real_clock().wall(), Duration::zero());
}

Task<std::string> collect(const SupportBundleParts* parts, Duration duration, StopToken stop) {
  constexpr std::string_view top = "alloy-support-bundle/";
  const auto name = [&](std::string_view file) { return fmt::format("{}{}", top, file); };
  const auto log = std::make_shared<CollectedLog>();
  const auto following = parts->follow_log([log](std::string_view line) { log->add(line); });

  const std::string metrics_before = parts->metrics();
  auto cpu = co_await profile_cpu(duration, stop);
  if (!cpu) co_await sleep_for(duration, stop);  // Somebody else is profiling.

  ZipArchive zip(real_clock().wall());
  zip.add(name("alloy-metadata.yaml"), metadata(parts->version));
  zip.add(name("alloy-components.json"), parts->components());
  zip.add(name("alloy-peers.json"), parts->peers());
  zip.add(name("alloy-metrics-sample-start.txt"), metrics_before);
  zip.add(name("alloy-metrics-sample-end.txt"), parts->metrics());
  zip.add(name("alloy-runtime-flags.txt"), parts->runtime_flags());
  zip.add(name("alloy-environment.txt"), environment());
  for (const auto& [path, text] : parts->sources()) zip.add(name("sources/" + path), text);
  {
    std::lock_guard lock(log->mutex);
    if (!log->text.empty()) zip.add(name("alloy-logs.txt"), log->text);
  }
  zip.add(name("pprof/cpu.pprof"), cpu.value_or(""));
  zip.add(name("pprof/heap.pprof"), heap_profile());
  for (const char* type : {"goroutine", "mutex", "block"})
    zip.add(name(fmt::format("pprof/{}.pprof", type)), empty_profile(type));
  co_return std::move(zip).finish();
}

}  // namespace

Task<ServerResponse> support_bundle_response(const SupportBundleParts* parts,
                                             ServerRequest request) {
  const auto duration = duration_of(request);
  if (!duration) co_return net::text_response(400, duration.error().message());
  if (is_collecting.exchange(true))
    co_return net::text_response(503, "a support bundle is being made already");
  ServerResponse response;
  response.body = co_await collect(parts, *duration, request.stop);
  is_collecting = false;
  response.headers = {{"Content-Type", "application/zip"},
                      {"Content-Disposition", "attachment; filename=\"alloy-support-bundle.zip\""}};
  co_return response;
}

}  // namespace alloy
