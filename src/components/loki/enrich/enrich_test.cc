#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/logs_receiver.h"

namespace alloy {
extern const ComponentType loki_enrich;

namespace {

class Sink final : public LogsReceiver {
 public:
  explicit Sink(SeriesStore& store) : store_(store) {}
  Result<void> receive(const LogBatch& batch) override {
    for (const LogEntry& entry : batch.entries) labels.push_back(store_.describe(*entry.labels));
    return {};
  }
  std::vector<std::string> labels;

 private:
  SeriesStore& store_;
};

struct Fixture {
  SeriesStore store;
  std::shared_ptr<Sink> sink = std::make_shared<Sink>(store);
  ComponentHarness enrich{loki_enrich};

  Fixture() {
    enrich.services().add<SeriesStore>(store);
    enrich.variables().set("sink", encapsulate<LogsReceiver>(sink));
  }
  std::string send(std::vector<Label> labels) {
    const Value exports = enrich.exports_value();
    const Value* receiver = exports.as_object()->find("receiver");
    const auto& handle = dynamic_cast<const Handle<LogsReceiver>&>(*receiver->as_capsule());
    const SeriesRef series = store.intern(labels);
    const LogEntry entry{.labels = series.get(), .line = "x"};
    REQUIRE(handle.target()->receive({.entries = {&entry, 1}, .delivery = nullptr}));
    return sink->labels.back();
  }
};

TEST_CASE("loki.enrich copies the labels of the target that an entry belongs to") {
  Fixture fixture;
  REQUIRE(fixture.enrich.update(R"(
    targets            = [{host = "web1", dc = "fra", job = "target"}, {dc = "nowhere"}]
    target_match_label = "host"
    forward_to         = [sink]
  )"));
  CHECK(fixture.send({{"host", "web1"}, {"job", "log"}}) ==
        R"({dc="fra", host="web1", job="target"})");
  CHECK(fixture.send({{"host", "other"}}) == R"({host="other"})");
  CHECK(fixture.send({{"job", "log"}}) == R"({job="log"})");
}

TEST_CASE("loki.enrich copies only the labels that are named, and follows new targets") {
  Fixture fixture;
  const auto update = [&](std::string_view dc) {
    return fixture.enrich.update(R"(targets = [{host = "web1", job = "target", dc = ")" +
                                 std::string(dc) + R"("}]
      target_match_label = "host"
      logs_match_label   = "instance"
      labels_to_copy     = ["dc", "nothing"]
      forward_to         = [sink])");
  };
  REQUIRE(update("fra"));
  CHECK(fixture.send({{"instance", "web1"}}) == R"({dc="fra", instance="web1"})");
  REQUIRE(update("ams"));
  CHECK(fixture.send({{"instance", "web1"}}) == R"({dc="ams", instance="web1"})");
}

}  // namespace
}  // namespace alloy
