#include <doctest/doctest.h>

#include "components/prometheus/exporter_apache/status_page.h"

namespace alloy::prometheus::exporter_apache {
namespace {

double value(const MetricFamilies& families, std::string_view name, const MetricLabels& labels) {
  const auto family = families.find(name);
  if (family == families.end()) return -1;
  for (const MetricSample& sample : family->second.samples)
    if (sample.labels == labels) return sample.value;
  return -1;
}

TEST_CASE("prometheus.exporter.apache reads the status page") {
  MetricFamilies families;
  REQUIRE(
      read_status_page("localhost\n"
                       "ServerVersion: Apache/2.4.57 (Unix)\n"
                       "ServerMPM: event\n"
                       "Total Accesses: 131\n"
                       "CPUUser: .5\nCPUChildrenUser: 1\nCPUSystem: .25\n"
                       "Scoreboard: _W_K?..\n",
                       families));
  CHECK(value(families, "apache_accesses_total", {}) == 131);
  CHECK(value(families, "apache_version", {}) == 2.04057);
  CHECK(value(families, "apache_info", {{"mpm", "event"}, {"version", "Apache/2.4.57 (Unix)"}}) ==
        1);
  CHECK(value(families, "apache_cpu_time_ms_total", {{"type", "user"}}) == 1500);
  CHECK(value(families, "apache_cpu_time_ms_total", {{"type", "system"}}) == 250);
  CHECK(value(families, "apache_scoreboard", {{"state", "idle"}}) == 2);
  CHECK(value(families, "apache_scoreboard", {{"state", "open_slot"}}) == 2);
  CHECK(value(families, "apache_scoreboard", {{"state", "dns"}}) == 0);
}

TEST_CASE("prometheus.exporter.apache tells the workers of proxy balancers apart") {
  MetricFamilies families;
  REQUIRE(
      read_status_page("ProxyBalancer[0]Name: balancer://a\n"
                       "ProxyBalancer[0]Worker[0]Name: http://one\n"
                       "ProxyBalancer[0]Worker[0]Status: Init Ok \n"
                       "ProxyBalancer[0]Worker[0]Elected: 7\n"
                       "ProxyBalancer[0]Worker[0]Sent: 3K\n"
                       "ProxyBalancer[0]Worker[1]Name: http://two\n"
                       "ProxyBalancer[0]Worker[1]Busy: 2\n",
                       families));
  const MetricLabels one = {{"balancer", "balancer://a"}, {"worker", "http://one"}};
  CHECK(value(families, "apache_proxy_balancer_accesses_total", one) == 7);
  CHECK(value(families, "apache_proxy_balancer_request_kbytes_total", one) == 3);
  CHECK(value(families, "apache_proxy_balancer_status", {one[0], {"status", "Init Ok"}, one[1]}) ==
        1);
  CHECK(value(families, "apache_proxy_balancer_busy",
              {{"balancer", "balancer://a"}, {"worker", "http://two"}}) == 2);
}

TEST_CASE("prometheus.exporter.apache says which value is none") {
  MetricFamilies families;
  const auto read = read_status_page("Uptime: long\n", families);
  REQUIRE_FALSE(read);
  CHECK(read.error().message() == "strconv.ParseFloat: parsing \"long\": invalid syntax");
  CHECK(read_status_page("ServerVersion: Apache\nServerVersion: x/1.2\n", families));
}

}  // namespace
}  // namespace alloy::prometheus::exporter_apache
