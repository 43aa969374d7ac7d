// loki.source.gcplog as its users see it: pushed to, and pulling from a fake of Pub/Sub.
#include <cstdlib>

#include "components/loki/shared/http_source_fixture.h"
#include "signals/relabel.h"
#include "values/stdlib/base64.h"

namespace alloy {

extern const ComponentType loki_source_gcplog;

namespace loki {
namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view entry =
    R"({"logName":"ln","resource":{"type":"gce","labels":{"zoneName":"z"}},)"
    R"("labels":{"a.b/c-d":"v"},)"
    R"("severity":"INFO","timestamp":"1970-01-01T00:00:01Z","textPayload":"the text"})";

std::string base64(std::string_view text) {
  return stdlib::encode_base64(text, stdlib::Base64Alphabet::standard);
}

void set_rules(ComponentHarness& source) {
  RelabelRule rule{.regex = *RegularExpression::create("__gcp_(.+)"),
                   .action = RelabelAction::labelmap};
  source.variables().set("rules", encapsulate<const RelabelRules>(
                                      std::make_shared<const RelabelRules>(std::vector{rule})));
}

struct Fixture : HttpSourceFixture {
  Fixture() : HttpSourceFixture(loki_source_gcplog) { set_rules(source); }
  void start_push(std::string_view more = "") {
    Result<> updated;
    for (int i = 0; i < 20; ++i) {
      port = (*net::HttpServer::create(source.executor().any(), {}, {}))->port();
      updated = source.update(fmt::format(
          "push {{\nhttp {{\nlisten_address = \"127.0.0.1\"\nlisten_port = {}\n}}\n{}\n}}\n"
          "relabel_rules = rules\nforward_to = [next]",
          port, more));
      if (updated || !updated.error().message().contains("address already in use")) break;
    }
    REQUIRE(updated);
    source.start();
  }
  Answer push(std::string_view body) { return post("/gcp/api/v1/push", body); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a pushed message becomes an entry with labels") {
  start_push("labels = {job = \"g\"}");
  CHECK(
      push(fmt::format(R"({{"message":{{"data":"{}","messageId":"7","attributes":{{"x.Y":"1"}}}},)"
                       R"("subscription":"s"}})",
                       base64(entry)))
          .status == 204);
  CHECK(collector->lines() ==
        Lines{"{attributes_x_y=\"1\", job=\"g\", labels_a_b_c_d=\"v\", logname=\"ln\", "
              "message_id=\"7\", resource_labels_zone_name=\"z\", resource_type=\"gce\", "
              "severity=\"INFO\", subscription_name=\"s\"} the text"});
  CHECK(source.metric("loki_source_gcplog_push_entries_total") == 1);
}

TEST_CASE_FIXTURE(Fixture, "what is no message of Pub/Sub is refused") {
  start_push();
  CHECK(push("nonsense").status == 400);
  CHECK(push(R"({"message":{"messageId":"1"},"subscription":"s"})").body ==
        "push message has no data\n");
  CHECK(push(R"({"message":{"data":"e30="},"subscription":"s"})").body ==
        "push message has no ID\n");
  CHECK(push(R"({"message":{"data":"e30=","messageId":"1"}})").body ==
        "push message has no subscription\n");
  CHECK(push(R"({"message":{"data":"%","messageId":"1"},"subscription":"s"})").status == 400);
  CHECK(collector->lines().empty());
}

TEST_CASE_FIXTURE(Fixture, "either pull or push has to be there") {
  CHECK(source.update("forward_to = []").error().message() ==
        "exactly one of 'push' or 'pull' must be provided");
}

namespace {

// Hands out one message until it is acknowledged.
class FakePubSub {
 public:
  FakePubSub() {
    server_ = *net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~FakePubSub() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  std::string address() const { return server_->address(); }
  Lines requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static Task<net::ServerResponse> answer(FakePubSub* self, net::ServerRequest request) {
    const auto body = co_await request.body->read_all(1 << 20);
    const std::lock_guard lock(self->mutex_);
    const bool is_pull = request.path.ends_with(":pull");
    const bool is_done = !self->requests_.empty();
    if (!is_pull) self->requests_.push_back(request.path + " " + *body);
    if (!is_pull || is_done) co_return net::ServerResponse{.body = "{}"};
    co_return net::ServerResponse{
        .body = fmt::format(R"({{"receivedMessages":[{{"ackId":"k","message":{{"data":"{}"}}}},)"
                            R"({{"ackId":"bad","message":{{"data":"bm9uc2Vuc2U="}}}}]}})",
                            base64(entry))};
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards the next one.
  Lines requests_;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "pulled messages are acknowledged once they are durable") {
  FakePubSub service;
  ::setenv("PUBSUB_EMULATOR_HOST", service.address().c_str(), 1);
  collector->refuse(2);
  REQUIRE(
      source.update("pull {\nproject_id = \"p\"\nsubscription = \"s\"\nuse_full_line = true\n}\n"
                    "forward_to = [next]"));
  ::unsetenv("PUBSUB_EMULATOR_HOST");
  source.start();
  REQUIRE(source.wait_until([&] {
    source.clock().advance(100ms);
    return !service.requests().empty();
  }));
  CHECK(collector->lines() == Lines{"{} " + std::string(entry)});
  CHECK(service.requests()[0] ==
        R"(/v1/projects/p/subscriptions/s:acknowledge {"ackIds":["k","bad"]})");
}

}  // namespace loki
}  // namespace alloy
