// prometheus.echo as its users see it, and the text it writes.
#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/metrics_receiver.h"
#include "wire/exposition_writer.h"

namespace alloy {

extern const ComponentType prometheus_echo;

TEST_CASE("metrics are written by family and labels, the last sample of a series counts") {
  SeriesStore store;
  const SeriesRef b = store.intern(std::vector<Label>{{"__name__", "m"}, {"a", "b\"\n"}});
  const SeriesRef a = store.intern(std::vector<Label>{{"__name__", "m"}, {"a", "a"}});
  const SeriesRef odd = store.intern(std::vector<Label>{{"__name__", "9.é"}, {"l.x", "1"}});
  const Sample samples[] = {
      {b.get(), 1000, 1}, {b.get(), 2000, 2e6}, {a.get(), 0, 0.5}, {odd.get(), 1, 3}};
  const SeriesMetadata metadata[] = {{a.get(), {.help = "About\nm.", .unit = {}}}};
  std::string text;
  wire::write_exposition(text, {.samples = samples, .metadata = metadata}, store,
                         wire::ExpositionStyle::prometheus);
  CHECK(text ==
        "# TYPE ___ untyped\n___{l_x=\"1\"} 3 1\n"
        "# HELP m About\\nm.\n# TYPE m untyped\nm{a=\"a\"} 0.5\nm{a=\"b\\\"\\n\"} 2e+06 2000\n");
  text.clear();
  wire::write_exposition(text, {.samples = std::span(samples).last(1)}, store,
                         wire::ExpositionStyle::open_metrics);
  CHECK(text == "# TYPE ___ unknown\n___{l_x=\"1\"} 3.0 0.001\n");
}

TEST_CASE("prometheus.echo exports a receiver that takes everything") {
  SeriesStore store;
  ComponentHarness echo(prometheus_echo);
  echo.services().add<SeriesStore>(store);
  REQUIRE(echo.update("format = \"yaml\"").has_value());
  const Value exports = echo.exports_value();
  const Value* receiver = exports.as_object()->find("receiver");
  REQUIRE(receiver != nullptr);
  CHECK(receiver->describe() == "capsule(\"storage.Appendable\")");
  const auto& handle = dynamic_cast<const Handle<MetricsReceiver>&>(*receiver->as_capsule());
  CHECK(handle.target()->receive({}).has_value());
}

}  // namespace alloy
