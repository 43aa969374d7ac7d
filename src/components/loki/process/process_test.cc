// The whole component: batches in, batches out, with the clock in the test's hand.
#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/log_batch_builder.h"
#include "signals/logs_receiver.h"

namespace alloy {
extern const ComponentType loki_process;

namespace {

// Keeps what it gets, or refuses it.
class Sink final : public LogsReceiver {
 public:
  explicit Sink(SeriesStore& store) : store_(store) {}

  Result<void> receive(const LogBatch& batch) override {
    const std::lock_guard lock(mutex_);
    if (refuses_) return fail("not now", ErrorKind::full);
    for (const LogEntry& entry : batch.entries) {
      lines_.push_back(store_.describe(*entry.labels) + " " + std::string(entry.line));
    }
    if (batch.delivery != nullptr && holds_) held_.push_back(batch.delivery);
    return {};
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }
  void set_refuses(bool refuses) {
    const std::lock_guard lock(mutex_);
    refuses_ = refuses;
  }

 private:
  SeriesStore& store_;
  std::mutex mutex_;  // Guards everything below.
  std::vector<std::string> lines_;
  std::vector<DeliveryPointer> held_;
  bool refuses_ = false;
  bool holds_ = false;
};

class Fixture {
 public:
  Fixture() {
    harness.services().add<SeriesStore>(store);
    harness.variables().set("sink", encapsulate<LogsReceiver>(sink));
  }

  Result<> configure(std::string_view stages) {
    return harness.update("forward_to = [sink]\n" + std::string(stages));
  }
  Result<void> send(std::vector<std::string_view> lines, DeliveryPointer delivery = nullptr) {
    LogBatchBuilder batch;
    const Label labels[] = {{"job", "t"}};
    const Series* series = batch.hold(store.intern(labels));
    for (const std::string_view line : lines) {
      batch.entries().push_back({.labels = series, .timestamp_ns = 1, .line = batch.keep(line)});
    }
    return receiver()->receive(batch.batch(std::move(delivery)));
  }
  LogsReceiverPointer receiver() {
    const Value exports = harness.exports_value();
    const auto* handle = dynamic_cast<const Handle<LogsReceiver>*>(
        exports.as_object()->find("receiver")->as_capsule().get());
    REQUIRE(handle != nullptr);
    return handle->target();
  }

  SeriesStore store;
  std::shared_ptr<Sink> sink = std::make_shared<Sink>(store);
  ComponentHarness harness{loki_process};
};

using Lines = std::vector<std::string>;

TEST_CASE("loki.process parses, drops, labels and writes lines anew") {
  Fixture process;
  REQUIRE(process.configure(R"(
    stage.json { expressions = {level = "", user = "request.user"} }
    stage.drop {
      source = "level"
      value  = "debug"
    }
    stage.labels { values = {level = null} }
    stage.template {
      source   = "text"
      template = "{{ .level | ToUpper }}: {{ .user }}"
    }
    stage.output { source = "text" }
  )"));
  REQUIRE(process.send({R"({"level":"info","request":{"user":"ann"}})",
                        R"({"level":"debug","request":{}})", "no JSON"}));
  // A template that fails leaves the line as it was.
  CHECK(process.sink->take() ==
        Lines{R"({job="t", level="info"} INFO: ann)", R"({job="t"} no JSON)"});
}

TEST_CASE("loki.process holds the lines of a block back until it ends, or time is up") {
  Fixture process;
  REQUIRE(process.configure(R"(
    stage.multiline {
      firstline     = "^\\S"
      max_wait_time = "2s"
    }
  )"));
  process.harness.start();
  bool is_settled = false;
  REQUIRE(process.send({"a", " 1", " 2", "b"}, Delivery::create([&](auto) { is_settled = true; })));
  CHECK(process.sink->take() == Lines{"{job=\"t\"} a\n 1\n 2"});
  CHECK(!is_settled);
  REQUIRE(process.harness.wait_until([&] { return process.harness.clock().sleepers() > 0; }));
  process.harness.clock().advance(std::chrono::seconds(2));
  CHECK(process.harness.wait_until([&] { return is_settled; }));
  CHECK(process.sink->take() == Lines{R"({job="t"} b)"});
  REQUIRE(process.send({"c"}));
  process.harness.stop();
  CHECK(process.sink->take() == Lines{R"({job="t"} c)"});
  CHECK(!process.send({"d"}));
}

TEST_CASE("loki.process acknowledges an open block to a source that waits for each batch") {
  Fixture process;
  REQUIRE(process.configure("stage.multiline { firstline = \"^\\\\S\" }"));
  process.harness.start();
  const auto send = [&](std::vector<std::string_view> lines) {
    bool is_settled = false;
    auto delivery = Delivery::create([&](auto) { is_settled = true; });
    delivery->set_source_waits();
    REQUIRE(process.send(std::move(lines), std::move(delivery)));
    CHECK(is_settled);
  };
  send({"a", " 1"});
  send({" 2", "b"});
  CHECK(process.sink->take() == Lines{"{job=\"t\"} a\n 1\n 2"});
  SUBCASE("it goes on at the end") {
    process.harness.stop();
    CHECK(process.sink->take() == Lines{R"({job="t"} b)"});
    CHECK(process.harness.metric("loki_process_dropped_lines_total") == 0);
  }
  SUBCASE("what nobody takes then is counted") {
    process.sink->set_refuses(true);
    process.harness.stop();
    CHECK(process.harness.metric("loki_process_dropped_lines_total") == 1);
  }
}

TEST_CASE("loki.process does not process a refused batch twice") {
  Fixture process;
  REQUIRE(process.configure(R"(
    stage.metrics {
      metric.counter {
        name      = "all"
        match_all = true
        action    = "inc"
      }
    }
  )"));
  auto outcome = Delivery::Outcome::failed;
  auto delivery = Delivery::create([&](Delivery::Outcome settled) { outcome = settled; });
  process.sink->set_refuses(true);
  CHECK(!process.send({"a"}, delivery));
  process.sink->set_refuses(false);
  REQUIRE(process.send({"a"}, delivery));
  delivery.reset();
  CHECK(process.sink->take() == Lines{R"({job="t"} a)"});
  CHECK(process.harness.metric("loki_process_custom_all") == 1);
  CHECK(outcome == Delivery::Outcome::delivered);
}

TEST_CASE("loki.process refuses stages that can't work, in the words of the real program") {
  Fixture process;
  const auto refused = [&](std::string_view stages) {
    const auto result = process.configure(stages);
    REQUIRE(!result);
    return result.error().message();
  };
  CHECK(refused(R"(stage.json { expressions = {a = "b["} })")
            .contains("invalid stage config could not compile JMES expression: SyntaxError: "
                      "Expected TOKStar, received: TOKEOF"));
  CHECK(refused("stage.drop { }").contains("must contain at least one of"));
  CHECK(refused(R"(stage.template {
    source   = "a"
    template = "{{ nope }}"
  })")
            .contains("function \"nope\" not defined"));
}

TEST_CASE("loki.process lets lines through as fast as the limit says") {
  Fixture process;
  REQUIRE(process.configure(R"(
    stage.limit {
      rate  = 1
      burst = 2
    }
  )"));
  process.harness.start();
  REQUIRE(process.send({"1", "2", "3", "4"}));
  CHECK(process.sink->take().size() == 2);
  Lines later;
  REQUIRE(process.harness.wait_until([&] {
    process.harness.clock().advance(std::chrono::milliseconds(100));
    for (std::string& line : process.sink->take()) later.push_back(std::move(line));
    return later.size() == 2;
  }));
  CHECK(later == Lines{R"({job="t"} 3)", R"({job="t"} 4)"});
  process.harness.stop();
}

}  // namespace
}  // namespace alloy
