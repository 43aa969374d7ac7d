// What loki.source.azure_event_hubs refuses before it asks anybody.
#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/series.h"

namespace alloy {

extern const ComponentType loki_source_azure_event_hubs;

TEST_CASE("event hubs without a way to log in are refused") {
  SeriesStore store;
  ComponentHarness source(loki_source_azure_event_hubs);
  source.services().add(store);
  const auto refusal = [&](const std::string& more) {
    const auto updated = source.update(
        "fully_qualified_namespace = \"x:9093\"\nevent_hubs = [\"h\"]\nforward_to = []\n" + more);
    return updated ? std::string() : std::string(updated.error().message());
  };
  CHECK(refusal("authentication { mechanism = \"connection_string\" }")
            .contains("connection string is required"));
  CHECK(refusal("authentication { mechanism = \"magic\" }")
            .contains("authentication mechanism magic is unsupported"));
  CHECK(refusal("assignor = \"alphabet\"\nauthentication { mechanism = \"oauth\" }")
            .contains("assignor value alphabet is invalid"));
}

}  // namespace alloy
