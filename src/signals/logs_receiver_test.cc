// Batches of logs on their way: fan-out, acknowledgement, building.
#include "signals/logs_receiver.h"

#include <doctest/doctest.h>

#include "signals/log_batch_builder.h"

namespace alloy {
namespace {

struct Taker final : LogsReceiver {
  Result<void> receive(const LogBatch& batch) override {
    if (refuses) return fail("full", kind);
    lines += batch.entries.size();
    if (keeps) kept = batch.delivery;
    return {};
  }
  bool refuses = false;
  bool keeps = false;
  ErrorKind kind = ErrorKind::full;
  size_t lines = 0;
  DeliveryPointer kept;
};

struct Fixture {
  std::shared_ptr<Taker> first = std::make_shared<Taker>();
  std::shared_ptr<Taker> second = std::make_shared<Taker>();
  LogsFanout fanout;
  LogEntry entry{.line = "x"};
  std::vector<Delivery::Outcome> settled;

  Fixture() { fanout.set_receivers({first, nullptr, second}); }
  DeliveryPointer delivery() {
    return Delivery::create([this](Delivery::Outcome outcome) { settled.push_back(outcome); });
  }
  LogBatch batch(DeliveryPointer delivery = nullptr) {
    return {.entries = std::span(&entry, 1), .delivery = std::move(delivery)};
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a batch that is handed on again goes only to who refused it before") {
  second->refuses = true;
  const auto token = delivery();
  const auto refused = fanout.receive(batch(token));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::full);
  second->refuses = false;
  CHECK(fanout.receive(batch(token)).has_value());
  CHECK(first->lines == 1);
  CHECK(second->lines == 1);
}

TEST_CASE_FIXTURE(Fixture, "a fan-out is full only if every receiver that refused is") {
  first->refuses = second->refuses = true;
  second->kind = ErrorKind::stopped;
  CHECK(fanout.receive(batch()).error().kind() == ErrorKind::stopped);
}

TEST_CASE_FIXTURE(Fixture, "a delivery is settled when the last one lets go of it") {
  second->keeps = true;
  CHECK(fanout.receive(batch(delivery())).has_value());
  CHECK(settled.empty());
  second->kept->fail();
  second->kept = nullptr;
  CHECK(settled == std::vector{Delivery::Outcome::failed});
}

TEST_CASE_FIXTURE(Fixture, "joined deliveries share the outcome") {
  auto one = delivery();
  auto joined = Delivery::join({one, nullptr, delivery(), one});
  one = nullptr;
  CHECK(settled.empty());
  joined = nullptr;
  CHECK(settled == std::vector{Delivery::Outcome::delivered, Delivery::Outcome::delivered});
  auto failing = Delivery::join({delivery(), delivery()});
  failing->fail();
  failing = nullptr;
  CHECK(settled[2] == Delivery::Outcome::failed);
  CHECK(settled[3] == Delivery::Outcome::failed);
  CHECK(Delivery::join({nullptr}) == nullptr);
}

TEST_CASE("a builder keeps what it was given until it is cleared") {
  SeriesStore store;
  LogBatchBuilder builder;
  for (int round = 0; round < 3; ++round) {
    builder.clear();
    CHECK(store.size() == 0);
    const Label label{"job", "x"};
    const Series* series = builder.hold(store.intern(std::span(&label, 1)));
    for (int i = 0; i < 1000; ++i) {
      const std::string text(static_cast<size_t>(i), 'a');
      const std::string name = "n" + std::to_string(i);
      const Label metadata{name, text};
      builder.entries().push_back({.labels = series,
                                   .timestamp_ns = i,
                                   .line = builder.keep(text),
                                   .structured_metadata = builder.keep(std::span(&metadata, 1))});
    }
    const LogBatch batch = builder.batch();
    REQUIRE(batch.entries.size() == 1000);
    for (size_t i = 0; i < 1000; ++i) {
      CHECK(batch.entries[i].line == std::string(i, 'a'));
      CHECK(batch.entries[i].structured_metadata[0].name == "n" + std::to_string(i));
    }
    CHECK(store.describe(*batch.entries[0].labels) == R"({job="x"})");
  }
}

}  // namespace alloy
