#include "services/http_server_metrics.h"

#include <string>
#include <utility>

namespace alloy {
namespace {

void add(MetricFamilies& families, std::string name, std::string help, MetricType type,
         double value, MetricLabels labels = {}) {
  MetricFamily& family = families[name];
  family.name = name;
  family.help = std::move(help);
  family.type = type;
  family.samples.push_back({std::move(name), std::move(labels), value});
}

void collect(MetricFamilies& out, const net::HttpServerStats& stats) {
  add(out, "http_server_connections_total", "Connections accepted.", MetricType::counter,
      static_cast<double>(stats.connections_total));
  add(out, "http_server_open_connections", "Connections that are open now.",
      MetricType::gauge, static_cast<double>(stats.connections_open));
  add(out, "http_server_in_flight_requests", "Requests being answered now.",
      MetricType::gauge, static_cast<double>(stats.requests_in_flight));
  for (size_t i = 0; i < stats.rejected.size(); ++i) {
    const std::string reason(net::rejection_name(static_cast<net::Rejection>(i)));
    add(out, "http_server_rejected_total", "Connections and requests turned away.",
        MetricType::counter, static_cast<double>(stats.rejected[i]), {{"reason", reason}});
  }
}

}  // namespace

void register_http_server_metrics(MetricRegistry& registry,
                                  std::function<const net::HttpServerStats*()> stats) {
  registry.collector([stats = std::move(stats)](MetricFamilies& out) {
    if (const net::HttpServerStats* current = stats()) collect(out, *current);
  });
}

}  // namespace alloy
