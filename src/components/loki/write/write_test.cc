// loki.write as its users see it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/memory_budget.h"
#include "component/component_harness.h"
#include "components/loki/write/arguments.h"
#include "components/shared/outgoing/test_endpoint.h"
#include "services/identity.h"

namespace alloy {

extern const ComponentType loki_write;

namespace loki::write {
namespace {

struct Fixture {
  SeriesStore series;
  Identity identity{.uid = "installation-1", .version = "v1", .user_agent = "Alloy/v1"};
  ComponentHarness harness{loki_write};
  outgoing::TestEndpoint one{harness.executor()};
  outgoing::TestEndpoint two{harness.executor()};

  Fixture() {
    harness.services().add<SeriesStore>(series);
    harness.services().add<Identity>(identity);
  }

  static std::string endpoint(const std::string& url, const std::string& more = {}) {
    return fmt::format("endpoint {{\nurl = \"{}\"\n{}\n}}\n", url, more);
  }
  void update(const std::string& body) {
    const auto updated = harness.update(body);
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
  }
  Result<> receive(const std::string& line, Label label = {"job", "test"}) {
    const SeriesRef labels = series.intern(std::span(&label, 1));
    const LogEntry entry{.labels = labels.get(), .timestamp_ns = 1, .line = line};
    return harness.exports<Exports>()->receiver->receive({.entries = {&entry, 1}});
  }
  void send(const std::string& line) { REQUIRE(receive(line)); }
  // Lets time pass until it holds.
  bool eventually(const std::function<bool()>& condition) {
    return harness.wait_until([&] {
      if (condition()) return true;
      harness.clock().advance(1s);
      return false;
    });
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a tenant that the endpoint limits holds up no other") {
  update(Fixture::endpoint(one.url()));
  std::atomic<bool> is_limited = true;
  one.set_answer([&](const net::ServerRequest& request) {
    const bool is_noisy = request.headers.get("X-Scope-OrgID") == "noisy";
    return net::ServerResponse{.status = is_noisy && is_limited ? 429 : 204};
  });
  harness.start();
  const auto send_as = [&](const std::string& tenant, const std::string& line) {
    REQUIRE(receive(line, {"__tenant_id__", tenant}));
  };
  send_as("noisy", "noisy 1");
  REQUIRE(eventually([&] { return one.requests() > 0; }));
  send_as("noisy", "noisy 2");
  send_as("calm", "calm 1");
  REQUIRE(eventually([&] { return one.count("calm 1") == 1; }));
  CHECK(one.count("noisy") == 0);
  is_limited = false;
  REQUIRE(eventually([&] { return one.count("noisy 2") == 1; }));
  CHECK(one.has_in_order({"noisy 1", "noisy 2"}));
}

TEST_CASE_FIXTURE(Fixture,
                  "while memory is full, entries are refused, so that their sources wait") {
  uint64_t used = 99;
  MemoryBudget memory(100, real_clock(), [&] { return used; });
  ComponentHarness limited{loki_write};
  limited.services().add<SeriesStore>(series);
  limited.services().add<MemoryBudget>(memory);
  REQUIRE(limited.update(endpoint(one.url())));
  const Label label{"job", "test"};
  const SeriesRef labels = series.intern(std::span(&label, 1));
  const LogEntry entry{.labels = labels.get(), .timestamp_ns = 1, .line = "x"};
  const auto receiver = limited.exports<Exports>()->receiver;
  const auto refused = receiver->receive({.entries = {&entry, 1}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::full);
  CHECK(limited.metric("alloy_log_batches_refused_total") == 1);
  used = 10;
  CHECK(eventually([&] { return receiver->receive({.entries = {&entry, 1}}).has_value(); }));
}

TEST_CASE_FIXTURE(Fixture, "an entry is sent with the headers of the protocol and the tenant") {
  update(Fixture::endpoint(one.url(), "tenant_id = \"t1\"\nheaders = {\"X-Extra\" = \"1\"}"));
  harness.start();
  send("hello");
  CHECK(eventually([&] { return one.count("hello") == 1; }));
  CHECK(one.headers().at("x-scope-orgid") == "t1");
  CHECK(one.headers().at("content-encoding") == "snappy");
  CHECK(one.headers().at("x-extra") == "1");
  CHECK(one.headers().at("user-agent") == "Alloy/v1");
  CHECK_FALSE(one.headers().contains("retry-attempt"));
}

TEST_CASE_FIXTURE(Fixture, "an endpoint that is down holds up nobody else, and gets all later") {
  one.set_status(503);
  update(Fixture::endpoint(one.url()) + Fixture::endpoint(two.url()));
  harness.start();
  for (int i = 0; i < 5; ++i) {
    const std::string line = fmt::format("line-{}.", i);
    send(line);
    CHECK(eventually([&] { return two.count(line) == 1; }));
  }
  CHECK(one.count("line-") == 0);
  CHECK(harness.metric("loki_write_queue_bytes") > 0);
  one.set_status(204);
  CHECK(eventually([&] { return one.count("line-") == 5; }));
  CHECK(one.has_in_order({"line-0.", "line-1.", "line-2.", "line-3.", "line-4."}));
  CHECK(two.count("line-") == 5);
}

TEST_CASE_FIXTURE(Fixture, "what the endpoint refuses is dropped, the rest goes on") {
  one.set_answer([count = 0](const net::ServerRequest&) mutable {
    return net::ServerResponse{.status = count++ == 0 ? 400 : 204};
  });
  update(Fixture::endpoint(one.url()));
  harness.start();
  send("refused");
  CHECK(eventually([&] { return one.requests() == 1; }));
  send("taken");
  CHECK(eventually([&] { return one.count("taken") == 1; }));
  CHECK(one.count("refused") == 0);
  CHECK(one.requests() == 2);
}

TEST_CASE_FIXTURE(Fixture, "after the configured number of attempts a request is given up") {
  one.set_status(500);
  update(Fixture::endpoint(one.url(), "max_backoff_retries = 3"));
  harness.start();
  send("lost");
  CHECK(eventually([&] { return one.requests() == 3; }));
  one.set_status(204);
  send("kept");
  CHECK(eventually([&] { return one.count("kept") == 1; }));
  CHECK(one.requests() == 4);
}

TEST_CASE_FIXTURE(Fixture, "a new configuration goes on with the queue of the old one") {
  one.set_status(503);
  update(Fixture::endpoint(one.url()));
  harness.start();
  send("first");
  CHECK(eventually([&] { return one.requests() > 0; }));
  update("external_labels = {cluster = \"c\"}\n" + Fixture::endpoint(two.url()));
  send("second");
  CHECK(eventually([&] { return two.count("second") == 1; }));
  CHECK(two.has_in_order({"first", "second"}));
}

TEST_CASE_FIXTURE(Fixture, "the receiver refuses while the queue is full, and takes more later") {
  one.set_status(503);
  update(Fixture::endpoint(one.url(), "queue_config {\ncapacity = \"10B\"\n}"));
  harness.start();
  send("first");
  CHECK(eventually([&] { return !receive("again").has_value(); }));
  CHECK(receive("again").error().kind() == ErrorKind::full);
  one.set_status(204);
  CHECK(eventually([&] { return receive("later").has_value(); }));
  CHECK(eventually([&] { return one.count("later") == 1; }));
}

TEST_CASE_FIXTURE(Fixture, "mistakes in the arguments are told") {
  CHECK(harness.update("").error().message().contains("at least one endpoint"));
  const std::string named = "name = \"a\"";
  CHECK(harness.update(Fixture::endpoint(one.url(), named) + Fixture::endpoint(two.url(), named))
            .error()
            .message()
            .contains("found duplicate for name: a"));
  CHECK(harness
            .update(Fixture::endpoint(one.url()) +
                    "wal {\nmin_read_frequency = \"2s\"\nmax_read_frequency = \"1s\"\n}")
            .error()
            .message()
            .contains("WAL min read frequency"));
}

}  // namespace loki::write
}  // namespace alloy
