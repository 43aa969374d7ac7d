// loki.relabel as its users see it.
#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/logs_receiver.h"

namespace alloy {

extern const ComponentType loki_relabel;

namespace {

struct Collector final : LogsReceiver {
  explicit Collector(SeriesStore& series_store) : store(series_store) {}
  Result<void> receive(const LogBatch& batch) override {
    if (refuses) return fail("full", ErrorKind::full);
    for (const LogEntry& entry : batch.entries)
      lines.push_back(store.describe(*entry.labels) + " " + std::string(entry.line));
    delivery = batch.delivery;
    return {};
  }
  SeriesStore& store;
  bool refuses = false;
  std::vector<std::string> lines;
  DeliveryPointer delivery;
};

struct Fixture {
  SeriesStore store;
  std::shared_ptr<Collector> collector = std::make_shared<Collector>(store);
  ComponentHarness relabel{loki_relabel};

  Fixture() {
    relabel.services().add<SeriesStore>(store);
    relabel.variables().set("next", encapsulate<LogsReceiver>(collector));
  }
  Result<> update(std::string_view rules) {
    return relabel.update("forward_to = [next]\n" + std::string(rules));
  }
  LogsReceiverPointer receiver() {
    const Value exports = relabel.exports_value();
    const Value* receiver = exports.as_object()->find("receiver");
    return dynamic_cast<const Handle<LogsReceiver>&>(*receiver->as_capsule()).target();
  }
  Result<> send(const std::vector<std::string>& levels, DeliveryPointer delivery = nullptr) {
    std::vector<SeriesRef> held;
    std::vector<LogEntry> entries;
    for (const std::string& level : levels) {
      const Label label{"level", level};
      held.push_back(store.intern(std::span(&label, 1)));
      entries.push_back({.labels = held.back().get(), .line = level});
    }
    return receiver()->receive({.entries = entries, .delivery = std::move(delivery)});
  }
};

constexpr std::string_view rules = R"(
rule {
  source_labels = ["level"]
  regex = "debug"
  action = "drop"
}
rule {
  source_labels = ["level"]
  target_label = "severity"
}
rule {
  regex = "level"
  action = "labeldrop"
}
)";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "loki.relabel rewrites, drops, remembers and counts") {
  REQUIRE(update(rules));
  REQUIRE(send({"info", "info", "debug", "warn", "info"}));
  CHECK(collector->lines ==
        std::vector<std::string>{R"({severity="info"} info)", R"({severity="info"} info)",
                                 R"({severity="warn"} warn)", R"({severity="info"} info)"});
  CHECK(relabel.metric("loki_relabel_entries_processed") == 5);
  CHECK(relabel.metric("loki_relabel_entries_written") == 4);
  CHECK(relabel.metric("loki_relabel_cache_misses") == 3);
  CHECK(relabel.metric("loki_relabel_cache_hits") == 2);
  CHECK(relabel.metric("loki_relabel_cache_size") == 3);
}

TEST_CASE_FIXTURE(Fixture, "loki.relabel passes deliveries on, and refusals back") {
  REQUIRE(update(rules));
  bool settled = false;
  const auto delivery = Delivery::create([&](Delivery::Outcome) { settled = true; });
  REQUIRE(send({"info"}, delivery));
  CHECK(collector->delivery == delivery);
  collector->refuses = true;
  CHECK(send({"info"}).error().kind() == ErrorKind::full);
  CHECK(relabel.metric("loki_relabel_entries_processed") == 1);
}

TEST_CASE_FIXTURE(Fixture, "loki.relabel remembers no more label sets than it may") {
  REQUIRE(update("max_cache_size = 2\n" + std::string(rules)));
  for (int i = 0; i < 100; ++i) REQUIRE(send({std::to_string(i)}));
  CHECK(collector->lines.size() == 100);
  CHECK(relabel.metric("loki_relabel_cache_size") <= 2);
  CHECK(store.size() <= 4);
  CHECK(update("max_cache_size = 0").error().message() == "must provide a positive size");
}

TEST_CASE_FIXTURE(Fixture, "loki.relabel goes on with new rules under the same receiver") {
  REQUIRE(update(rules));
  const auto before = receiver();
  REQUIRE(send({"debug"}));
  REQUIRE(update(""));
  CHECK(receiver() == before);
  REQUIRE(send({"debug"}));
  CHECK(collector->lines == std::vector<std::string>{R"({level="debug"} debug)"});
}

TEST_CASE_FIXTURE(Fixture, "loki.relabel takes nothing any more once it has exited") {
  REQUIRE(update(rules));
  const auto left = receiver();
  relabel.start();
  relabel.stop();
  const auto result = left->receive({});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::stopped);
}

}  // namespace alloy
