// Whole conversions, with the components that the program has.
#include <doctest/doctest.h>

#include "component/registry.h"
#include "convert/convert.h"

namespace alloy::convert {
namespace {

Conversion converted(std::string_view format, std::string text) {
  return convert(format, {.text = std::move(text), .catalogue = built_in_components()});
}

}  // namespace

TEST_CASE("a scrape config becomes a pipeline from its targets to remote_write") {
  const Conversion result = converted("prometheus", R"(
global: {scrape_interval: 1h, scrape_timeout: 2m, external_labels: {zone: a}}
scrape_configs:
  - job_name: my-job
    bearer_token: secret
    static_configs: [{targets: [a, b], labels: {x.y: z}}]
    metric_relabel_configs: [{action: drop, regex: go_.*, source_labels: [__name__]}]
remote_write: [{url: http://x/}]
)");
  CHECK(result.diagnostics.text() ==
        "(Info) Converted scrape_configs job_name \"my-job\" into...\n"
        "\tA prometheus.scrape.my_job component\n\tA prometheus.relabel.my_job component\n"
        "(Info) Converted 1 remote_write[s] \"\" into...\n"
        "\tA prometheus.remote_write.default component");
  CHECK(result.text == R"(prometheus.scrape "my_job" {
	targets = array.concat(
		[{
			__address__ = "a",
			"x.y"       = "z",
		}],
		[{
			__address__ = "b",
			"x.y"       = "z",
		}],
	)
	forward_to      = [prometheus.relabel.my_job.receiver]
	job_name        = "my-job"
	scrape_interval = "1h0m0s"
	scrape_timeout  = "2m0s"

	authorization {
		type        = "Bearer"
		credentials = "secret"
	}
}

prometheus.relabel "my_job" {
	forward_to = [prometheus.remote_write.default.receiver]

	rule {
		source_labels = ["__name__"]
		regex         = "go_.*"
		action        = "drop"
	}
}

prometheus.remote_write "default" {
	external_labels = {
		zone = "a",
	}

	endpoint {
		url = "http://x/"

		queue_config { }

		metadata_config { }
	}
}
)");
}

TEST_CASE("what Prometheus refuses is refused") {
  const auto refusal = [](std::string text) {
    return converted("prometheus", std::move(text)).diagnostics.text();
  };
  CHECK(refusal("remote_write: [{name: x}]") ==
        "(Critical) failed to parse Prometheus config: url for remote_write is empty");
  CHECK(refusal("scrape_configs: [{job_name: a, scrape_interval: 5s, scrape_timeout: 6s}]") ==
        "(Critical) failed to parse Prometheus config: scrape timeout greater than scrape interval "
        "for scrape config with job name \"a\"");
  CHECK(refusal("scrape_configs: [{job_name: a}, {job_name: a}]") ==
        "(Critical) failed to parse Prometheus config: found multiple scrape configs with job name "
        "\"a\"");
  CHECK(refusal("scrape_configs: [{job_name: a, relabel_configs: [{regex: '('}]}]")
            .starts_with("(Critical) failed to parse Prometheus config: "));
}

TEST_CASE("what is left out is told, and what would be missed is an error") {
  const Conversion left_out = converted("prometheus", R"(
global: {rule_query_offset: 1m}
runtime: {gogc: 75}
scrape_configs: [{job_name: a, extra_scrape_metrics: true, http_headers: {X: {values: [b]}}}]
)");
  CHECK(left_out.diagnostics.text().starts_with(
      "(Warning) scrape_configs extra_scrape_metrics has no counterpart and is left out\n"
      "(Warning) runtime has no counterpart and is left out\n"
      "(Warning) global rule_query_offset has no counterpart and is left out\n(Info) "));
  CHECK(left_out.text.contains("http_headers = {\n\t\tX = [\"b\"],\n\t}"));
  CHECK(converted("prometheus", "scrape_config_files: [x]").diagnostics.text() ==
        "(Error) The converter does not support converting the provided scrape_config_files "
        "config.");
  CHECK(converted("prometheus", "scrape_configs: [{job_name: a, http_headers: {X: {files: [b]}}}]")
            .diagnostics.text()
            .starts_with("(Error) The converter does not support converting the provided HTTP "
                         "Client http_headers files config.\n"));
}

TEST_CASE("limits and file watching of Promtail reach each pipeline") {
  const Conversion result = converted("promtail", R"(
server: {register_instrumentation: false}
tracing: {enabled: false}
global: {file_watch_config: {min_poll_frequency: 1s}}
target_config: {sync_period: 1m}
limits_config: {max_line_size: 1KB}
client: {url: http://x/}
scrape_configs:
  - job_name: a
    static_configs: [{labels: {__path__: /x}}]
)");
  CHECK(result.diagnostics.text().empty());
  CHECK(result.text == R"(loki.process "a" {
	forward_to = [loki.write.default.receiver]

	stage.drop {
		longer_than = "1KiB"
	}
}

loki.source.file "a" {
	targets = [{
		__address__ = "localhost",
		__path__    = "/x",
	}]
	forward_to = [loki.process.a.receiver]

	file_watch {
		min_poll_frequency = "1s"
	}

	file_match {
		enabled     = true
		sync_period = "1m0s"
	}
	legacy_positions_file = "/var/log/positions.yaml"
}

loki.write "default" {
	endpoint {
		url = "http://x/"
	}
	external_labels = {}
}
)");
}

TEST_CASE("what no stage has is told") {
  const Conversion result = converted("promtail", R"(
server: {register_instrumentation: false}
tracing: {enabled: false}
scrape_configs:
  - job_name: a
    static_configs: [{targets: [x]}]
    pipeline_stages: [{json: {expressions: {a: b}, colour: red}}, {unknown: {}}, text]
)");
  CHECK(result.diagnostics.text() ==
        "(Warning) pipeline_stages.json has no field colour, which is ignored\n"
        "(Error) The converter does not support converting the provided pipeline stage: "
        "map[unknown:map[]].\n"
        "(Critical) invalid input YAML config, make sure each stage of your pipeline is a YAML "
        "object (must end with a `:`), check stage `- text`");
  CHECK(result.text.empty());
}

}  // namespace alloy::convert
