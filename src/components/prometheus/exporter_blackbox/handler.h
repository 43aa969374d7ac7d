// Answers the requests of scrapes: ?target=...&module=... runs a probe and gives its metrics.
#pragma once

#include <memory>

#include "base/executor.h"
#include "components/prometheus/exporter_blackbox/probe.h"

namespace alloy::prometheus::exporter_blackbox {

// What probes need, and never changes.
struct Prober {
  Modules modules;
  Duration timeout_offset{};
  std::shared_ptr<Clients> clients;
  AnyExecutor blocking;
  std::string user_agent;
  Logger logger;
};

Task<net::ServerResponse> answer(std::shared_ptr<const Prober> prober, net::ServerRequest request);

// How long a probe may take: what the scrape leaves of its own time, less the offset, or what the
// module says if that is shorter.
Duration probe_timeout(std::string_view scrape_timeout_seconds, Duration module_timeout,
                       Duration offset);

}  // namespace alloy::prometheus::exporter_blackbox
