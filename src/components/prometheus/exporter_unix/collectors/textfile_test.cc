#include "base/log.h"
#include "components/prometheus/exporter_unix/collectors/textfile_families.h"
#include "components/prometheus/exporter_unix/fake_machine.h"

namespace alloy::prometheus::exporter_unix {
namespace {

std::string scrape_text(const FakeMachine& machine, std::string directory) {
  return machine.scrape("textfile", {.textfile = {.directory = std::move(directory)}});
}

TEST_CASE("textfile passes on what is in .prom files, with the time of the files") {
  FakeMachine machine;
  machine.write("text/good.prom",
                "# HELP tf_metric From a file.\n# TYPE tf_metric gauge\n"
                "tf_metric { a = \"1\" , } 42\n");
  machine.write("text/second.prom", "tf_second 7\n");
  machine.write("text/other.txt", "ignored 1\n");
  const std::string text = scrape_text(machine, machine.path("text"));
  CHECK(has_line(text, "# HELP tf_metric From a file."));
  CHECK(has_line(text, "# TYPE tf_metric gauge"));
  CHECK(value_of(text, "tf_metric{a=\"1\"}") == "42");
  CHECK(has_line(text, "# TYPE tf_second untyped"));
  CHECK(has_line(
      text, fmt::format("# HELP tf_second Metric read from {}", machine.path("text/second.prom"))));
  CHECK_FALSE(text.contains("ignored"));
  CHECK(value_of(text, "node_textfile_scrape_error") == "0");
  CHECK(value_of(text, fmt::format("node_textfile_mtime_seconds{{file=\"{}\"}}",
                                   machine.path("text/good.prom"))) != "none");
}

TEST_CASE("textfile leaves a file with a mistake out, and tells of it once") {
  FakeMachine machine;
  machine.write("text/bad.prom", "first 1\nbad line here\n");
  machine.write("text/good.prom", "good 1\n");
  std::string lines;
  const auto sink = std::make_shared<LogSink>([&](std::string_view line) { lines += line; });
  sink->configure(LogLevel::error, LogFormat::logfmt);
  const auto node =
      Node::create(machine.here("textfile", {.textfile = {.directory = machine.path("text")}}),
                   Logger(sink), real_clock());
  REQUIRE(node);
  const std::string text = (*node)->collect();
  CHECK(value_of(text, "good") == "1");
  CHECK(value_of(text, "first") == "none");
  CHECK(value_of(text, "node_textfile_scrape_error") == "1");
  CHECK(success(text, "textfile") == "1");
  CHECK(text.contains("good.prom\"} "));
  CHECK_FALSE(text.contains("bad.prom\"} "));
  CHECK(lines.contains("failed to parse textfile data from"));
  CHECK(lines.contains("text format parsing error in line 2"));
  lines.clear();
  (*node)->collect();
  CHECK(lines.empty());
}

TEST_CASE("textfile refuses timestamps") {
  FakeMachine machine;
  machine.write("text/a.prom", "good 1\nstamped 1 1434417561287\n");
  const std::string text = scrape_text(machine, machine.path("text"));
  CHECK(value_of(text, "good") == "none");
  CHECK(value_of(text, "stamped") == "none");
  CHECK(value_of(text, "node_textfile_scrape_error") == "1");
}

TEST_CASE("textfile without a directory has nothing to say, and one that is missing is an error") {
  FakeMachine machine;
  CHECK(value_of(scrape_text(machine, ""), "node_textfile_scrape_error") == "0");
  CHECK(value_of(scrape_text(machine, machine.path("nowhere")), "node_textfile_scrape_error") ==
        "1");
}

TEST_CASE("textfile reads all directories of a pattern") {
  FakeMachine machine;
  machine.write("text/one/a.prom", "a 1\n");
  machine.write("text/two/b.prom", "b 2\n");
  const std::string text = scrape_text(machine, machine.path("text") + "/*");
  CHECK(value_of(text, "a") == "1");
  CHECK(value_of(text, "b") == "2");
}

TEST_CASE("textfile keeps the first of what contradicts itself, and counts the rest") {
  FakeMachine machine;
  machine.write("text/a.prom", "# HELP m One.\n# TYPE m gauge\nm{f=\"a\"} 1\n");
  machine.write("text/b.prom", "# HELP m Other.\n# TYPE m gauge\nm{f=\"b\"} 2\n");
  machine.write("text/c.prom", "# HELP m One.\n# TYPE m counter\nm{f=\"c\"} 3\n");
  machine.write("text/d.prom", "# HELP m One.\n# TYPE m gauge\nm{f=\"a\"} 4\n");
  const std::string text = scrape_text(machine, machine.path("text"));
  CHECK(value_of(text, "m{f=\"a\"}") == "1");
  CHECK(value_of(text, "m{f=\"b\"}") == "none");
  CHECK(value_of(text, "m{f=\"c\"}") == "none");
  CHECK(value_of(text, "promhttp_metric_handler_errors_total{cause=\"gathering\"}") == "3");
}

TEST_CASE("textfile names all files of a family that has no help") {
  FakeMachine machine;
  machine.write("text/a.prom", "m{f=\"a\"} 1\n");
  machine.write("text/b.prom", "m{f=\"b\"} 2\n");
  const std::string text = scrape_text(machine, machine.path("text"));
  CHECK(has_line(text, fmt::format("# HELP m Metric read from {}, {}", machine.path("text/a.prom"),
                                   machine.path("text/b.prom"))));
  CHECK(value_of(text, "m{f=\"b\"}") == "2");
}

std::string written(std::string_view text) {
  const auto families = parse_text_families(text);
  REQUIRE_MESSAGE(families.has_value(), (families ? "" : families.error().message()));
  Metrics metrics;
  for (const TextFamily& family : *families) add_text_family(family, "Help.", metrics);
  return metrics.write();
}

TEST_CASE("textfile passes histograms on whole, in the order of their bounds") {
  CHECK(written("# TYPE h histogram\nh_bucket{a=\"1\",le=\"10\"} 3\nh_bucket{a=\"1\",le=\"2\"} 1\n"
                "h_bucket{a=\"1\",le=\"+Inf\"} 4\nh_sum{a=\"1\"} 0.5\nh_count{a=\"1\"} 4\n") ==
        "# HELP h Help.\n# TYPE h histogram\nh_bucket{a=\"1\",le=\"2\"} 1\n"
        "h_bucket{a=\"1\",le=\"10\"} 3\nh_bucket{a=\"1\",le=\"+Inf\"} 4\nh_sum{a=\"1\"} 0.5\n"
        "h_count{a=\"1\"} 4\n");
}

TEST_CASE("textfile passes summaries on whole") {
  CHECK(written("# TYPE s summary\ns{quantile=\"0.9\"} 2\ns{quantile=\"0.5\"} 1\ns_sum 10\n"
                "s_count 5\n") ==
        "# HELP s Help.\n# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"0.9\"} 2\n"
        "s_sum 10\ns_count 5\n");
}

TEST_CASE("textfile gives metrics the labels that only others of the family have") {
  CHECK(written("m{a=\"1\"} 1\nm{b=\"2\"} 2\n") ==
        "# HELP m Help.\n# TYPE m untyped\nm{a=\"\",b=\"2\"} 2\nm{a=\"1\",b=\"\"} 1\n");
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix
