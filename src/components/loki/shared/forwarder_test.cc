#include "components/loki/shared/forwarder.h"

#include <doctest/doctest.h>

#include "base/executor.h"

namespace alloy::loki {
namespace {

struct Receiver final : LogsReceiver {
  Result<void> receive(const LogBatch& batch) override {
    ++calls;
    if (refusals_left > 0) {
      --refusals_left;
      return fail("full", ErrorKind::full);
    }
    if (losses_left > 0) {
      --losses_left;
      batch.delivery->fail();
    }
    return {};
  }
  int calls = 0;
  int refusals_left = 0;
  int losses_left = 0;
};

struct Fixture {
  Executor executor{1};
  std::shared_ptr<Receiver> receiver = std::make_shared<Receiver>();
  std::shared_ptr<Forwarder> forwarder = std::make_shared<Forwarder>(real_clock());
  LogEntry entry{.line = "x"};

  Fixture() { forwarder->set_receivers({receiver}); }
  Result<> deliver(Duration patience, StopToken stop = {}) {
    Result<> result;
    executor.run(into(forwarder, std::span(&entry, 1), patience, std::move(stop), &result));
    return result;
  }
  static Task<> into(std::shared_ptr<Forwarder> forwarder, std::span<const LogEntry> entries,
                     Duration patience, StopToken stop, Result<>* result) {
    *result = co_await Forwarder::deliver(forwarder, entries, nullptr, patience, std::move(stop));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a batch is handed on until it is taken") {
  receiver->refusals_left = 2;
  CHECK(deliver(1h));
  CHECK(receiver->calls == 3);
}

TEST_CASE_FIXTURE(Fixture, "a batch that was lost on its way is handed on again") {
  receiver->losses_left = 1;
  CHECK(deliver(1h));
  CHECK(receiver->calls == 2);
}

TEST_CASE_FIXTURE(Fixture, "what was taken is taken, also when everything is to stop") {
  StopSource stop;
  stop.request_stop();
  CHECK(deliver(1h, stop.get_token()));
  CHECK(receiver->calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "patience ends, and so does trying when everything is to stop") {
  receiver->refusals_left = 1000;
  CHECK(deliver(0s).error().kind() == ErrorKind::full);
  CHECK(receiver->calls == 1);
  StopSource stop;
  stop.request_stop();
  CHECK_FALSE(deliver(1h, stop.get_token()));
  CHECK(receiver->calls == 2);
}

}  // namespace alloy::loki
