// What loki.source.kafka refuses before it asks any broker.
#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/series.h"

namespace alloy {

extern const ComponentType loki_source_kafka;

TEST_CASE("kafka settings that can't work are refused with what is wrong") {
  SeriesStore store;
  ComponentHarness source(loki_source_kafka);
  source.services().add(store);
  const auto refusal = [&](const std::string& more) {
    const auto updated =
        source.update("brokers = [\"127.0.0.1:1\"]\ntopics = [\"t\"]\nforward_to = []\n" + more);
    return updated ? std::string() : std::string(updated.error().message());
  };
  CHECK(refusal("version = \"two\"").contains("invalid version `two`"));
  CHECK(refusal("authentication { type = \"magic\" }")
            .contains("unsupported authentication type magic"));
  CHECK(refusal("assignor = \"alphabet\"")
            .contains("unrecognized consumer group partition assignor: alphabet"));
}

}  // namespace alloy
