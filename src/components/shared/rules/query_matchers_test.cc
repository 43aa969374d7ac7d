#include "components/shared/rules/query_matchers.h"

#include <doctest/doctest.h>

namespace alloy::rules {
namespace {

const std::vector<QueryMatcher> matchers = {{"env", "a|b", "=~"}, {"c", "\"x\"", "="}};

std::string promql(std::string_view query) {
  const auto changed = add_matchers(query, matchers, QueryLanguage::promql);
  return changed ? *changed : "error: " + changed.error().message();
}
std::string logql(std::string_view query) {
  const auto changed = add_matchers(query, {{"env", "a", "="}}, QueryLanguage::logql);
  return changed ? *changed : "error: " + changed.error().message();
}

}  // namespace

TEST_CASE("every selector of a PromQL query gets the matchers, and nothing else changes") {
  const std::string own = "c=\"\\\"x\\\"\",env=~\"a|b\"";
  CHECK(promql("up == 0") == "up{" + own + "} == 0");
  CHECK(promql("sum by (job, env) (rate(x{env=\"z\", d!='e'}[5m] offset 1h))") ==
        "sum by (job, env) (rate(x{" + std::string("c=\"\\\"x\\\"\",d!=\"e\",env=~\"a|b\"") +
            "}[5m] offset 1h))");
  CHECK(promql("sum(a) by (x) / on(y) group_left(z) b:c") ==
        "sum(a{" + own + "}) by (x) / on(y) group_left(z) b:c{" + own + "}");
  CHECK(promql("{__name__=~\"n.*\"} and ignoring (q) {\"up\"}") ==
        "{__name__=~\"n.*\"," + own + "} and ignoring (q) {\"up\"," + own + "}");
  CHECK(promql("label_replace(a, \"b\", \"$1\", \"c\", \"up{}\")") ==
        "label_replace(a{" + own + "}, \"b\", \"$1\", \"c\", \"up{}\")");
  CHECK(promql("vector(1) > bool 1e5 * +Inf") == "vector(1) > bool 1e5 * +Inf");
  CHECK(promql("max_over_time(m[1h:5m] @ end())") ==
        "max_over_time(m{" + own + "}[1h:5m] @ end())");
}

TEST_CASE("every selector of a LogQL query gets the matchers") {
  CHECK(logql("sum(rate({app=\"x\", env=\"b\"} |= \"{y}\" | json [5m])) > 1") ==
        "sum(rate({app=\"x\", env=\"a\"} |= \"{y}\" | json [5m])) > 1");
  CHECK(logql("{} | line_format `{{.x}}`") == "{env=\"a\"} | line_format `{{.x}}`");
}

TEST_CASE("what is a query of Prometheus is none of Loki") {
  CHECK(check_logql("sum(rate({app=\"x\"} |= \"error\" [5m])) > 1"));
  CHECK(check_logql("sum by (a) (count_over_time({app=\"x\"}[1m])) or vector(0)"));
  CHECK_FALSE(check_logql("up == 0"));
  CHECK_FALSE(check_logql("sum(up{env=\"x\"})"));
}

TEST_CASE("a query that can't be taken apart is refused") {
  for (const char* query : {"up{", "up{a", "up{a=b}", "x[5m", "\"x", "sum by (a", "up{=\"\"}"})
    CHECK(promql(query).starts_with("error: "));
}

}  // namespace alloy::rules
