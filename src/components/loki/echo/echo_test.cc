// loki.echo as its users see it.
#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/logs_receiver.h"

namespace alloy {

extern const ComponentType loki_echo;

TEST_CASE("loki.echo takes whatever it is given, under the same receiver") {
  SeriesStore store;
  ComponentHarness echo{loki_echo};
  echo.services().add<SeriesStore>(store);
  REQUIRE(echo.update(""));
  const Value exports = echo.exports_value();
  const auto receiver = dynamic_cast<const Handle<LogsReceiver>&>(
                            *exports.as_object()->find("receiver")->as_capsule())
                            .target();
  const Label label{"job", "x"};
  const SeriesRef labels = store.intern(std::span(&label, 1));
  const Label metadata{"k", "v"};
  const LogEntry entry{
      .labels = labels.get(), .line = "hello", .structured_metadata = std::span(&metadata, 1)};
  CHECK(receiver->receive({.entries = std::span(&entry, 1)}));
  CHECK(receiver->capsule_display().ends_with(".receiver"));
  CHECK_FALSE(echo.update("format = \"text\""));
}

}  // namespace alloy
