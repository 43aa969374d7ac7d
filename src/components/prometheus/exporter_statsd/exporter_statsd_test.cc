#include <cmath>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "components/prometheus/exporter_statsd/line_parser.h"
#include "components/prometheus/exporter_statsd/metric_store.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

// "c name{tag=value} 1" for each event.
std::string parse(std::string_view line, const TagStyles& styles = {}) {
  SelfCounters counters;
  Events events;
  parse_line(line, styles, counters, events);
  std::string out;
  for (const Event& event : events) {
    if (!out.empty()) out += "; ";
    out += fmt::format("{} {}", event_type_name(event.type), event.name);
    for (const auto& [name, value] : event.labels) out += fmt::format(" {}={}", name, value);
    out += fmt::format(" {}{}", event.is_relative ? "by " : "", event.value);
  }
  MetricFamilies families;
  counters.registry.collect(families);
  if (const auto errors = families.find("statsd_exporter_sample_errors_total");
      errors != families.end())
    for (const MetricSample& sample : errors->second.samples)
      out += fmt::format("! {}", sample.labels.at(0).second);
  if (counters.tag_errors.value() > 0) out += fmt::format("! {} tags", counters.tag_errors.value());
  return out;
}

TEST_CASE("prometheus.exporter.statsd reads plain lines of each type") {
  CHECK(parse("a.b:3|c") == "counter a.b 3");
  CHECK(parse("a:3|c|@0.1") == "counter a 30");
  CHECK(parse("a:-3.5|g") == "gauge a by -3.5");
  CHECK(parse("a:320|ms") == "observer a 0.32");
  CHECK(parse("a:7|h") == "observer a 7");
  CHECK(parse("a:7|d|@0.5") == "observer a 7; observer a 7");
  CHECK(parse("a:1|c:2|g") == "counter a 1; gauge a 2");
  CHECK(parse("") == "");
}

TEST_CASE("prometheus.exporter.statsd reads the tags of all styles, and only those asked for") {
  CHECK(parse("a:1|c|#x:1,#y-z:2") == "counter a x=1 y_z=2 1");
  CHECK(parse("a:1|c|@0.5|#x:1") == "counter a x=1 2");
  CHECK(parse("a,x=1,y=2:1|c") == "counter a x=1 y=2 1");
  CHECK(parse("a#x=1:1|c") == "counter a x=1 1");
  CHECK(parse("a[x=1,y=2]b:1|c") == "counter ab x=1 y=2 1");
  CHECK(parse("a:1:2:3|ms|#x:1") ==
        "observer a x=1 0.001; observer a x=1 0.002; observer a x=1 0.003");
  const TagStyles none = {
      .dogstatsd = false, .influxdb = false, .librato = false, .signalfx = false};
  CHECK(parse("a:1|c|#x:1", none) == "counter a 1");
  CHECK(parse("a,x=1:1|c", none) == "counter a,x=1 1");
}

TEST_CASE("prometheus.exporter.statsd counts what it can't read by reason") {
  CHECK(parse("nonsense") == "! malformed_line");
  CHECK(parse(":1|c") == "! malformed_line");
  CHECK(parse("a\xff:1|c") == "! malformed_line");
  CHECK(parse("a:1") == "! not_enough_parts_after_colon");
  CHECK(parse("a:b|c") == "! malformed_value");
  CHECK(parse("a:1|x") == "! illegal_event");
  CHECK(parse("a:1|s") == "! illegal_event");
  CHECK(parse("a:1|c|") == "! malformed_component");
  CHECK(parse("a:1|c|@x") == "counter a 1! invalid_sample_factor");
  CHECK(parse("a,x=1:1|c|#y:1") == "! mixed_tagging_styles");
  CHECK(parse("a:1:2|c") == "! invalid_extended_aggregate_type");
  CHECK(parse("a:1|c|#x,:1,y:2") == "counter a y=2 1! 2 tags");
  CHECK(parse("a[x=1:1|c") == "counter a[x=1 1! 1 tags");
  CHECK(parse("a]x[:1|c") == "counter a]x[ 1! 1 tags");
}

TEST_CASE("prometheus.exporter.statsd makes metric names of any name") {
  CHECK(escape_metric_name("a.b-c/d") == "a_b_c_d");
  CHECK(escape_metric_name("1a") == "_1a");
  CHECK(escape_metric_name("a--b") == "a_b");
  CHECK(escape_metric_name("a\xc3\xa4z") == "a_z");
}

// "name{label=value}", or "-" if no mapping matches.
std::string map(std::string_view yaml, std::string_view name, EventType type = EventType::counter) {
  auto config = read_mapping_config(yaml);
  if (!config) return config.error().message();
  const Mapper mapper(*std::move(config));
  const MappedName mapped = mapper.find(name, type);
  if (mapped.mapping == nullptr) return "-";
  std::string out = mapped.name;
  for (const auto& [label, value] : mapped.labels) out += fmt::format(" {}={}", label, value);
  return out;
}

TEST_CASE("prometheus.exporter.statsd maps names by globs in their order, then by expressions") {
  constexpr std::string_view yaml = R"(
mappings:
- {match: 'test\.(\w+)\.(.*)', match_type: regex, name: "re_$1", labels: {rest: "${2}_x"}}
- {match: "test.*.*.counter", name: "${2}_total",
   labels: {provider: "$2", outcome: "$3", job: "test_$1"}}
- {match: "test.a.*.counter", name: "exact"}
- {match: "only.*", match_metric_type: gauge, name: "gauges"}
)";
  CHECK(map(yaml, "test.a.b.counter") == "b_total job=test_a outcome= provider=b");
  CHECK(map(yaml, "test.a.b") == "re_a rest=b_x");
  CHECK(map(yaml, "only.x") == "-");
  CHECK(map(yaml, "only.x", EventType::gauge) == "gauges");
  CHECK(map("defaults: {glob_disable_ordering: true}" + std::string(yaml), "test.a.b.counter") ==
        "exact");
  CHECK(map("", "a") == "-");
}

TEST_CASE("prometheus.exporter.statsd refuses mappings that can't work") {
  CHECK(map("mappings: [{match: a}]", "a") == "line 0: metric mapping didn't set a metric name");
  CHECK(map("mappings: [{match: a, name: '1'}]", "a").starts_with("metric name '1' doesn't match"));
  CHECK(map("mappings: [{match: 'a..b', name: x}]", "a") == "invalid match: a..b");
  CHECK(map("mappings: [{match: a, name: x, labels: {'a-b': y}}]", "a") ==
        "invalid label key: a-b");
  CHECK(map("mappings: [{match: '(', match_type: regex, name: x}]", "a")
            .starts_with("invalid regex ( in mapping:"));
  CHECK(map("mappings: [{match: a, name: x, action: no}]", "a") == "invalid action type \"no\"");
  CHECK(map("mappings: [{match: a, name: x, observer_type: histogram, summary_options: "
            "{max_age: 1s}}]",
            "a") == "cannot use histogram observer and summary options at the same time");
}

struct Fixture {
  explicit Fixture(std::string_view yaml = "", CacheOptions cache = {})
      : store(*read_mapping_config(yaml), cache, counters, clock) {}

  void take(std::string_view line) {
    Events events;
    parse_line(line, {}, counters, events);
    for (Event& event : events) store.handle(event);
  }
  std::string text() {
    store.remove_stale();
    MetricFamilies families;
    store.collect(families);
    std::string out;
    for (const auto& [name, family] : families)
      for (const MetricSample& sample : family.samples) {
        out += sample.name;
        for (const auto& [label, value] : sample.labels) out += fmt::format(" {}={}", label, value);
        out += fmt::format(" {}\n", sample.value);
      }
    return out;
  }
  double counted(std::string_view name) {
    MetricFamilies families;
    counters.registry.collect(families);
    const auto found = families.find(name);
    return found == families.end() ? -1 : found->second.samples.at(0).value;
  }

  ManualClock clock;
  SelfCounters counters;
  MetricStore store;
};

TEST_CASE("prometheus.exporter.statsd adds up counters and follows gauges") {
  Fixture f;
  for (const char* line : {"c:1|c", "c:2|c", "c:5|c|#x:1", "g:20|g", "g:+5|g", "g:-1|g"})
    f.take(line);
  CHECK(f.text() == "c 3\nc x=1 5\ng 24\n");
  f.take("c:-1|c");
  CHECK(f.text() == "c 3\nc x=1 5\ng 24\n");
  CHECK(f.counted("statsd_exporter_events_error_total") == 1);
  CHECK(f.counted("statsd_exporter_events_unmapped_total") == 7);
}

TEST_CASE("prometheus.exporter.statsd does not let one name be two types") {
  Fixture f;
  for (const char* line : {"a:1|c", "a:2|g", "t:5|h", "t_count:1|c"}) f.take(line);
  CHECK(f.text() ==
        "a 1\nt quantile=0.5 5\nt quantile=0.9 5\nt quantile=0.99 5\nt_sum 5\nt_count 1\n");
  CHECK(f.counted("statsd_exporter_events_conflict_total") == 1);
}

TEST_CASE("prometheus.exporter.statsd makes histograms where the mapping says so") {
  Fixture f(
      "mappings: [{match: t, name: t, observer_type: histogram, histogram_options: "
      "{buckets: [1, 5]}, scale: 2, help: h}]");
  for (const char* line : {"t:0.5|h", "t:2|h", "t:3|h"}) f.take(line);
  CHECK(f.text() == "t_bucket le=1 1\nt_bucket le=5 2\nt_bucket le=+Inf 3\nt_sum 11\nt_count 3\n");
}

TEST_CASE("prometheus.exporter.statsd forgets series after their time to live") {
  Fixture f("defaults: {ttl: 10s}\nmappings: [{match: long, name: long, ttl: 1m}]");
  f.take("short:1|c");
  f.take("long:1|c");
  f.clock.advance(11s);
  CHECK(f.text() == "long 1\n");
  f.take("short:1|c");
  CHECK(f.text() == "long 1\nshort 1\n");
}

TEST_CASE("prometheus.exporter.statsd drops, honours labels and remembers mappings") {
  for (const CacheKind kind : {CacheKind::lru, CacheKind::random}) {
    Fixture f(
        "mappings:\n"
        "- {match: d.*, name: d, action: drop}\n"
        "- {match: h.*, name: h, labels: {xx: mine}, honor_labels: true}\n"
        "- {match: o.*, name: o, labels: {xx: mine}}\n",
        {.kind = kind, .size_max = 2});
    for (int i = 0; i < 3; ++i)
      for (const char* line : {"d.1:1|c", "h.1:1|c|#xx:theirs", "o.1:1|c|#xx:theirs"}) f.take(line);
    CHECK(f.text() == "h xx=theirs 3\no xx=mine 3\n");
    CHECK(f.counted("statsd_metric_mapper_cache_gets_total") == 9);
    CHECK(f.counted("statsd_metric_mapper_cache_length") == 2);
  }
}

TEST_CASE("prometheus.exporter.statsd finds quantiles within their error, in the window alone") {
  ManualClock clock;
  QuantileWindow window({.objectives = {{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}}}, clock.steady());
  CHECK(std::isnan(window.query(0.5, clock.steady())));
  // 0 … 99,999 in an order that is none.
  for (int64_t i = 0; i < 100'000; ++i)
    window.insert(static_cast<double>(i * 7919 % 100'000), clock.steady());
  CHECK(std::abs(window.query(0.5, clock.steady()) - 50'000) <= 5'000);
  CHECK(std::abs(window.query(0.9, clock.steady()) - 90'000) <= 1'000);
  CHECK(std::abs(window.query(0.99, clock.steady()) - 99'000) <= 100);
  clock.advance(std::chrono::minutes(5));
  window.insert(-1, clock.steady());
  CHECK(window.query(0.99, clock.steady()) > 98'000);
  clock.advance(std::chrono::minutes(6));
  CHECK(window.query(0.99, clock.steady()) == -1);
  clock.advance(std::chrono::hours(6));
  CHECK(std::isnan(window.query(0.99, clock.steady())));
}

}  // namespace
}  // namespace alloy::prometheus::exporter_statsd
