// What labels and arguments make of a target, and how formats are negotiated.
#include "components/prometheus/scrape/scrape_target.h"

#include <doctest/doctest.h>

#include "components/prometheus/scrape/protocols.h"
#include "components/shared/prometheus_duration.h"

namespace alloy::prometheus::scrape {

namespace {

const TargetDefaults defaults = {.job = "j",
                                 .interval = 60s,
                                 .timeout = 10s,
                                 .metrics_path = "/metrics",
                                 .scheme = "http",
                                 .params = {}};

ScrapeTarget make(std::vector<Label> labels, const TargetDefaults& with = defaults) {
  auto target = make_scrape_target(Target(std::move(labels)), with);
  REQUIRE(target.has_value());
  return *std::move(target);
}

std::string error(std::vector<Label> labels) {
  const auto target = make_scrape_target(Target(std::move(labels)), defaults);
  return target ? "" : target.error().message();
}

std::string url(std::string path, TargetDefaults with = defaults) {
  with.metrics_path = std::move(path);
  return make({{"__address__", "h:1"}}, with).url;
}

}  // namespace

TEST_CASE("a target gets its job and instance, and keeps what is public") {
  const ScrapeTarget target =
      make({{"__address__", "h:1"}, {"__meta_x", "1"}, {"__secret", "1"}, {"a", "b"}, {"e", ""}});
  CHECK(target.public_labels.describe() == R"({a="b", instance="h:1", job="j"})");
  CHECK(target.url == "http://h:1/metrics");
  CHECK(target.interval == 60s);
  CHECK_FALSE(target.labels.has("__meta_x"));
  CHECK(target.labels.has("__secret"));
  CHECK(
      make({{"__address__", "h:1"}, {"job", "own"}, {"instance", "i"}}).public_labels.describe() ==
      R"({instance="i", job="own"})");
}

TEST_CASE("labels of a target win over the arguments") {
  const ScrapeTarget target = make({{"__address__", "h:1"},
                                    {"__metrics_path__", "/p"},
                                    {"__scheme__", "https"},
                                    {"__scrape_interval__", "1m30s"},
                                    {"__scrape_timeout__", "1500ms"},
                                    {"__param_x", "label"}},
                                   {.job = "j",
                                    .interval = 1s,
                                    .timeout = 1s,
                                    .metrics_path = "/m",
                                    .scheme = "http",
                                    .params = {{"x", {"arg1", "arg2"}}, {"z", {"keep"}}}});
  CHECK(target.url == "https://h:1/p?x=label&x=arg2&z=keep");
  CHECK(target.interval == 90s);
  CHECK(target.timeout == 1500ms);
}

TEST_CASE("paths and parameters are escaped") {
  CHECK(url("no/slash") == "http://h:1/no/slash");
  CHECK(url("/with?q=1") == "http://h:1/with%3Fq=1");
  CHECK(url("/a b/ü%20c") == "http://h:1/a%20b/%C3%BC%2520c");
  CHECK(url("") == "http://h:1");
  TargetDefaults with = defaults;
  with.params = {{"q", {"a b&c"}}, {"k[]", {"x"}}, {"none", {}}};
  CHECK(url("/", with) == "http://h:1/?k%5B%5D=x&q=a+b%26c");
}

TEST_CASE("targets that can't be scraped are refused") {
  CHECK(error({{"a", "b"}}) == "no address");
  CHECK(error({{"__address__", "h/x"}}) == R"("h/x" is not a valid hostname)");
  CHECK(error({{"__address__", "h"}, {"__scrape_interval__", "often"}}) ==
        R"(error parsing scrape interval: not a valid duration string: "often")");
  CHECK(error({{"__address__", "h"}, {"__scrape_interval__", "0s"}}) ==
        "scrape interval cannot be 0");
  CHECK(error({{"__address__", "h"}, {"__scrape_timeout__", "2m"}}) ==
        R"(scrape timeout cannot be greater than scrape interval ("2m" > "1m"))");
  CHECK(error({{"__address__", "h"}, {"a", "\xff"}}) == R"(invalid label value for "a": "\xff")");
}

TEST_CASE("the key changes with everything that matters, meta labels don't") {
  const ScrapeTarget target = make({{"__address__", "h:1"}});
  CHECK(target.key() == make({{"__address__", "h:1"}, {"__meta_a", "1"}}).key());
  CHECK(target.key() != make({{"__address__", "h:1"}, {"a", "1"}}).key());
  CHECK(target.key() != make({{"__address__", "h:1"}, {"__metrics_path__", "/x"}}).key());
}

TEST_CASE("Prometheus' durations are read and written") {
  CHECK(format_prometheus_duration(90s) == "1m30s");
  CHECK(format_prometheus_duration(24h) == "1d");
  CHECK(format_prometheus_duration(1500ms) == "1s500ms");
  CHECK(format_prometheus_duration(0s) == "0s");
  CHECK(parse_prometheus_duration("1d2h") == Duration(26h));
  CHECK(parse_prometheus_duration("0") == Duration(0));
  for (const char* bad : {"", "1", "m", "1h2d", "1.5s", "-1s", "1s1s", "99999999999999y"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_prometheus_duration(bad).has_value());
  }
}

TEST_CASE("the Accept header lists the protocols by weight") {
  CHECK(accept_header({"OpenMetricsText1.0.0", "PrometheusText0.0.4"}, "underscores") ==
        "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.4");
}

TEST_CASE("a Content-Type decides the format, the fallback where there is none") {
  using wire::TextFormat;
  const auto format = [](std::string_view type, std::string_view fallback) {
    const auto result = body_format(type, fallback);
    if (!result) return result.error().message();
    return std::string(result->is_protobuf                        ? "protobuf"
                       : result->text == TextFormat::open_metrics ? "open metrics"
                                                                  : "text");
  };
  CHECK(format("text/plain; version=9.9", "") == "text");
  CHECK(format("TEXT/PLAIN; Version=0.0.4", "") == "text");
  CHECK(format("Application/OpenMetrics-Text; version=1.0.0", "") == "open metrics");
  CHECK(format("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
               "encoding=delimited",
               "") == "protobuf");
  CHECK(format("text/html", "OpenMetricsText1.0.0") == "open metrics");
  CHECK(format("", "PrometheusText0.0.4") == "text");
  CHECK(format("", "") ==
        "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol "
        "specified for target");
  CHECK(format("text/html", "") ==
        R"(received unsupported Content-Type "text/html" and no fallback_scrape_protocol )"
        "specified for target");
  CHECK(format("text/plain; version=\"0.0.4", "") ==
        R"(cannot parse Content-Type "text/plain; version=\"0.0.4" and no )"
        "fallback_scrape_protocol for target");
  CHECK(
      body_format("plain", "PrometheusText0.0.4")->warning ==
      R"(received unsupported Content-Type "plain", using fallback_scrape_protocol "text/plain")");
}

TEST_CASE("a late scrape is left to the next owner of the target if that one's turn is nearer") {
  ScrapeTarget target = make({{"__address__", "h:1"}});
  const WallTime now = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24));
  CHECK_FALSE(target.is_missed(now, 40s));
  target.term.until = now;
  CHECK(target.is_missed(now, 31s));
  CHECK_FALSE(target.is_missed(now, 30s));
  CHECK_FALSE(target.is_missed(now - 1s, 40s));
}

}  // namespace alloy::prometheus::scrape
