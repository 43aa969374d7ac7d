#include "components/prometheus/exporter_blackbox/handler.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "net/url.h"
#include "signals/number_text.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr Duration longest_probe = 120s;

using Run = Task<bool> (*)(Probe*);

Run find_prober(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Run>, 5> probers = {
      {{"http", probe_http},
       {"tcp", probe_tcp},
       {"icmp", probe_icmp},
       {"dns", probe_dns},
       {"grpc", probe_grpc}}};
  for (const auto& [known, run] : probers)
    if (known == name) return run;
  return nullptr;
}

std::string parameter(const net::ServerRequest& request, std::string_view name) {
  for (auto& [key, value] : net::parse_query(request.query))
    if (key == name) return value;
  return "";
}

std::string debug_text(const Probe& probe) {
  return fmt::format(
      "Logs for the probe:\n{}\n\n\nMetrics that would have been returned:\n{}\n\n\n"
      "Module configuration:\n{}",
      probe.log, write_exposition(probe.metrics), trim(probe.module->source, "\n"));
}

// The host given with the request has to be the module's, if that has one.
Result<> check_hostname(const Module& module, const std::string& hostname) {
  for (const auto& [name, value] : module.http.headers)
    if (net::equals_ignoring_case(name, "Host") && value != hostname)
      return fail(
          fmt::format("host header defined both in module configuration ({}) and with "
                      "URL-parameter 'hostname' ({})",
                      value, hostname));
  return {};
}

Task<net::ServerResponse> run_probe(Run run, Probe* probe, Duration timeout, bool wants_debug) {
  const double timeout_seconds = std::chrono::duration<double>(timeout).count();
  probe->info("Beginning probe",
              {{"probe", probe->module->prober}, {"timeout_seconds", timeout_seconds}});
  const SteadyTime start = real_clock().steady();
  probe->deadline = start + timeout;
  const bool success = co_await run(probe);
  const double took = std::chrono::duration<double>(real_clock().steady() - start).count();
  probe->set("probe_duration_seconds", took);
  probe->set("probe_success", success ? 1 : 0);
  if (success) {
    probe->info("Probe succeeded", {{"duration_seconds", took}});
  } else {
    probe->error("Probe failed", {{"duration_seconds", took}});
  }
  net::ServerResponse response;
  if (wants_debug) {
    response.headers.set("Content-Type", "text/plain");
    response.body = debug_text(*probe);
    co_return response;
  }
  response.headers.set("Content-Type",
                       "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  response.body = write_exposition(probe->metrics);
  response.compress = true;
  co_return response;
}

}  // namespace

Duration probe_timeout(std::string_view scrape_timeout_seconds, Duration module_timeout,
                       Duration offset) {
  Duration longest = longest_probe;
  if (const auto seconds = parse_double(scrape_timeout_seconds);
      seconds && *seconds > 0 && *seconds < 1e6)
    longest = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*seconds));
  longest -= offset;
  const bool is_shorter = module_timeout > Duration::zero() && module_timeout < longest;
  return is_shorter || longest < Duration::zero() ? module_timeout : longest;
}

Task<net::ServerResponse> answer(std::shared_ptr<const Prober> prober, net::ServerRequest request) {
  std::string name = parameter(request, "module");
  if (name.empty()) name = "http_2xx";
  const auto found = prober->modules.find(name);
  if (found == prober->modules.end())
    co_return net::text_response(400, fmt::format("Unknown module {}", quote(name)));
  const std::string_view scrape_timeout =
      request.headers.get("X-Prometheus-Scrape-Timeout-Seconds");
  if (!scrape_timeout.empty() && !parse_double(scrape_timeout))
    co_return net::text_response(
        500, fmt::format("Failed to parse timeout from Prometheus header: strconv.ParseFloat: "
                         "parsing {}: invalid syntax",
                         quote(scrape_timeout)));
  const std::string target = parameter(request, "target");
  if (target.empty()) co_return net::text_response(400, "Target parameter is missing");
  const Module& module = *found->second;
  const Run run = find_prober(module.prober);
  if (run == nullptr)
    co_return net::text_response(400, fmt::format("Unknown prober {}", quote(module.prober)));
  const std::string hostname = parameter(request, "hostname");
  if (module.prober == "http" && !hostname.empty())
    if (const auto checked = check_hostname(module, hostname); !checked)
      co_return net::text_response(400, checked.error().message());
  Probe probe{.module_name = name,
              .module = found->second,
              .target = target,
              .hostname = hostname,
              .deadline = {},
              .stop = request.stop,
              .blocking = prober->blocking,
              .clients = prober->clients,
              .user_agent = prober->user_agent,
              .logger = prober->logger,
              .metrics = {},
              .log = {}};
  const Duration timeout = probe_timeout(scrape_timeout, module.timeout, prober->timeout_offset);
  co_return co_await run_probe(run, &probe, timeout, parameter(request, "debug") == "true");
}

}  // namespace alloy::prometheus::exporter_blackbox
