#include <filesystem>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/series.h"

namespace alloy {

extern const ComponentType loki_source_journal;

namespace {

struct Test {
  Test() {
    char name[] = "/tmp/source_journal.XXXXXX";
    folder = mkdtemp(name);
    journal.services().add(store);
  }
  ~Test() { std::filesystem::remove_all(folder); }
  SeriesStore store;
  std::string folder;
  ComponentHarness journal{loki_source_journal};
};

}  // namespace

// What it reads is tested with journal files in tests/e2e/journal_test.py.
TEST_CASE("loki.source.journal is unhealthy while its directory is missing, and tries again") {
  Test test;
  REQUIRE(test.journal.update(
      fmt::format("path = \"{}/later\"\nforward_to = []\nmatches = \" A=b  C=d \"", test.folder)));
  test.journal.start();
  const auto becomes = [&](HealthState state) {
    return test.journal.wait_until([&] {
      test.journal.clock().advance(1s);
      return test.journal.health().state == state;
    });
  };
  REQUIRE(becomes(HealthState::unhealthy));
  const std::string message = test.journal.health().message;
  CHECK(message.starts_with("error creating journal tailer: "));
  // Without systemd's library it stays like that.
  if (message.find("libsystemd") != std::string::npos) return;
  std::filesystem::create_directory(test.folder + "/later");
  CHECK(becomes(HealthState::healthy));
  CHECK(test.journal.health().message == "journal tailer is running");
}

TEST_CASE("loki.source.journal refuses matches that are none") {
  Test test;
  const auto refused = test.journal.update("forward_to = []\nmatches = \"A=b nonsense\"");
  CHECK(refused.error().message() ==
        "Error parsing journal reader 'matches' configuration value: \"nonsense\"");
}

}  // namespace alloy
