#include <doctest/doctest.h>

#include "component/component_harness.h"

namespace alloy {

extern const ComponentType loki_source_windowsevent;

TEST_CASE("loki.source.windowsevent takes its arguments where there is no Windows") {
  ComponentHarness source(loki_source_windowsevent);
  CHECK(source.update("eventlog_name = \"System\"\nlocale = 1033\nforward_to = []"));
  CHECK(source.update("forward_to = []"));
}

}  // namespace alloy
