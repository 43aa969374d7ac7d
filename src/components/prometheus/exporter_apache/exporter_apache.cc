// prometheus.exporter.apache exposes what the status page of an Apache web server says.
#include <atomic>

#include "component/component.h"
#include "components/prometheus/exporter_apache/status_page.h"
#include "components/prometheus/shared/exporter.h"
#include "net/http_client.h"
#include "net/url.h"

namespace alloy::prometheus::exporter_apache {
namespace {

constexpr size_t page_size_max = 16 << 20;
constexpr Duration timeout = 30s;  // The scrape's own is shorter as a rule, and ends it.

struct Arguments {
  std::string scrape_uri = "http://localhost/server-status?auto";
  std::string host_override;
  bool insecure = false;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::scrape_uri>("scrape_uri", "URL of the status page, with ?auto."),
        optional<&T::host_override>("host_override", "Host to ask for in place of the URL's."),
        optional<&T::insecure>("insecure", "Accept any certificate of the server."));
  }
};

// What scrapes share.
struct Server {
  Arguments arguments;
  std::unique_ptr<net::HttpClient> client;
  MetricFamilies build;
  Logger logger;
  std::atomic<uint64_t> failures = 0;
};

Task<Result<>> ask(std::shared_ptr<Server> server, MetricFamilies* families, StopToken stop) {
  net::Request request;
  request.url = server->arguments.scrape_uri;
  request.timeout = timeout;
  request.body_size_max = page_size_max;
  if (!server->arguments.host_override.empty())
    request.headers.set("Host", server->arguments.host_override);
  const auto response = co_await server->client->fetch(std::move(request), std::move(stop));
  set_metric(*families, "apache_up", response ? 1 : 0);
  if (!response) co_return fail("error scraping apache: " + response.error().message());
  if (response->status != 200)
    co_return fail("status " + response->status_line + ": " + response->body.substr(0, 200));
  co_return read_status_page(response->body, *families);
}

Task<Result<std::string>> collect(std::shared_ptr<Server> server, StopToken stop) {
  MetricFamilies families = server->build;
  if (const auto asked = co_await ask(server, &families, std::move(stop)); !asked) {
    server->logger.error("Error scraping apache:", {{"err", asked.error()}});
    set_metric(families, "apache_exporter_scrape_failures_total",
               static_cast<double>(++server->failures));
  }
  co_return write_exposition(families);
}

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  MetricsServer server_;
};

Result<> Exporter::update(Arguments arguments) {
  TRY(const net::Url url, net::parse_url(arguments.scrape_uri));
  if (url.scheme.empty())
    return fail("parse \"" + arguments.scrape_uri + "\": invalid URI for request");
  auto server = std::make_shared<Server>();
  TRY(server->client, net::HttpClient::create(options().executor.any(),
                                              {.tls = {.insecure_skip_verify = arguments.insecure},
                                               .proxy = {.from_environment = false}}));
  server->arguments = std::move(arguments);
  server->build = build_info(options().services, "apache_http");
  server->logger = logger();
  TRY(auto targets,
      server_.serve_later(options(),
                          {.component_name = "prometheus.exporter.apache",
                           .job = "integrations/apache",
                           .instance = url.host},
                          [server](StopToken stop) { return collect(server, std::move(stop)); }));
  set_exports({.targets = std::move(targets)});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::exporter_apache

namespace alloy {

extern const ComponentType prometheus_exporter_apache;
const ComponentType prometheus_exporter_apache = {
    .name = "prometheus.exporter.apache",
    .doc = "Exposes what the status page of an Apache web server says.",
    .arguments = &schema_of<prometheus::exporter_apache::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_apache::Exporter>,
};

}  // namespace alloy
