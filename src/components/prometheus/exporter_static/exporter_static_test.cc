#include <doctest/doctest.h>

#include "components/prometheus/exporter_static/metric_text.h"

namespace alloy::prometheus::exporter_static {
namespace {

std::string tidy(std::string_view text) {
  auto result = tidy_metric_text(text);
  return result ? *result : result.error().message();
}

TEST_CASE("prometheus.exporter.static reads metrics wherever blanks stand") {
  CHECK(
      tidy("\n  # HELP  a About \\n a.\n\t# TYPE a  Counter\n # note\n  a { x = \"1\", } 2  \n") ==
      "# HELP a About \\n a.\n# TYPE a counter\na{x=\"1\"} 2\n");
  CHECK(tidy("a +Inf 123\nb:c{} NaN\n  ") == "a +Inf 123\nb:c{} NaN\n");
  CHECK(tidy("a{x=\"q\\\"\\\\\\n\"} 0x1p-2\n") == "a{x=\"q\\\"\\\\\\n\"} 0x1p-2\n");
  CHECK(tidy("") == "");
}

TEST_CASE("prometheus.exporter.static tells mistakes with their line") {
  const auto mistake = [](std::string_view text) {
    const std::string found = tidy(text);
    const std::string_view prefix = "text format parsing error in line ";
    REQUIRE(found.starts_with(prefix));
    return found.substr(prefix.size());
  };
  CHECK(mistake("a 1") == "1: unexpected end of input stream");
  CHECK(mistake("a 1\n# TYPE b thing\n") == "2: unknown metric type \"thing\"");
  CHECK(mistake("# HELP a x\n# HELP a y\n") == "2: second HELP line for metric name \"a\"");
  CHECK(mistake("a 1\n# TYPE a gauge\n") ==
        "2: second TYPE line for metric name \"a\", or TYPE reported after samples");
  CHECK(mistake("# TYPE 1a gauge\n") == "1: invalid metric name in comment");
  CHECK(mistake("1a 2\n") == "1: invalid metric name");
  CHECK(mistake("a{1=\"x\"} 2\n") == "1: invalid label name for metric \"a\"");
  CHECK(mistake("a{__name__=\"x\"} 2\n") == "1: label name \"__name__\" is reserved");
  CHECK(mistake("a{x \"x\"} 2\n") == "1: expected '=' after label name, found '\"'");
  CHECK(mistake("a{x=x} 2\n") == "1: expected '\"' at start of label value, found 'x'");
  CHECK(mistake("a{x=\"x\n\"} 2\n") == "1: label value \"x\" contains unescaped new-line");
  CHECK(mistake("a{x=\"\\t\"} 2\n") == "1: invalid escape sequence '\\t'");
  CHECK(mistake("a{x=\"1\",x=\"2\"} 2\n") == "1: duplicate label names for metric \"a\"");
  CHECK(mistake("a{x=\"1\" y=\"2\"} 2\n") == "1: unexpected end of label value \"x\"");
  CHECK(mistake("a b\n") == "1: expected float as value, got \"b\"");
  CHECK(mistake("a 1 b\n") == "1: expected integer as timestamp, got \"b\"");
  CHECK(mistake("a 1 2 3\n") == "1: spurious string after timestamp: \"3\"");
}

}  // namespace
}  // namespace alloy::prometheus::exporter_static
