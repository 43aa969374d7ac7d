// loki.source.cloudflare as its users see it, with a fake of Cloudflare's API.
#include <cstdlib>

#include "components/loki/shared/http_source_fixture.h"
#include "components/loki/source_cloudflare/fields.h"

namespace alloy {

extern const ComponentType loki_source_cloudflare;

namespace loki {
namespace {

using Lines = std::vector<std::string>;

class FakeApi {
 public:
  FakeApi() {
    server_ = *net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    tasks_.spawn(server_->run(stop_.get_token()));
    ::setenv("ALLOY_CLOUDFLARE_API_URL", ("http://" + server_->address()).c_str(), 1);
  }
  ~FakeApi() {
    ::unsetenv("ALLOY_CLOUDFLARE_API_URL");
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  Lines requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  // The first request of each range fails.
  static Task<net::ServerResponse> answer(FakeApi* self, net::ServerRequest request) {
    const std::lock_guard lock(self->mutex_);
    const std::string what =
        fmt::format("{}?{} {}", request.path, request.query, request.headers.get("Authorization"));
    const bool is_known = std::ranges::find(self->requests_, what) != self->requests_.end();
    self->requests_.push_back(what);
    if (!is_known) co_return net::ServerResponse{.status = 500, .body = "later"};
    co_return net::ServerResponse{.body = "{\"EdgeStartTimestamp\":5}\n"};
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards the next one.
  Lines requests_;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace

TEST_CASE("windows are pulled in parts, and what fails is pulled again") {
  FakeApi api;
  SeriesStore store;
  const auto collector = std::make_shared<TestCollector>(store);
  ComponentHarness source(loki_source_cloudflare);
  source.services().add(store);
  source.variables().set("next", encapsulate<LogsReceiver>(collector));
  REQUIRE(source.update(
      "api_token = \"t\"\nzone_id = \"z\"\nworkers = 2\nlabels = {job = \"c\"}\n"
      "fields_type = \"custom\"\nadditional_fields = [\"B\", \"A\"]\nforward_to = [next]"));
  source.start();
  REQUIRE(source.wait_until([&] {
    source.clock().advance(1s);
    return collector->lines().size() >= 4;  // Two windows.
  }));
  CHECK(collector->lines()[0] == "{job=\"c\"} {\"EdgeStartTimestamp\":5}");
  // The clock begins at 2030-01-01T00:00:00Z; a window ends a minute before.
  const Lines requests = api.requests();
  const auto asked = [&](std::string_view end) {
    return std::ranges::count_if(requests, [&](const std::string& request) {
      return request.starts_with("/zones/z/logs/received?end=2029-12-31T23%3A58%3A") &&
             request.contains(end) && request.contains("fields=A%2CB") &&
             request.ends_with(" Bearer t");
    });
  };
  CHECK(requests.size() >= 8);
  CHECK(asked("end=2029-12-31T23%3A58%3A") > 0);
  CHECK(source.metric("loki_source_cloudflare_target_entries_total") >= 4);
}

TEST_CASE("sets of fields grow by name, and name each field once") {
  using namespace source_cloudflare;
  CHECK(fields_of(FieldsType::custom, {"B", "A", "B"}) == Lines{"A", "B"});
  CHECK(fields_of(FieldsType::standard, {"RayID"}).size() == 10);
  CHECK(fields_of(FieldsType::minimal, {}).size() == 28);
  CHECK(fields_of(FieldsType::extended, {}).size() == 45);
  CHECK(fields_of(FieldsType::all, {}).size() == 66);
}

TEST_CASE("a window without length, or no worker, is refused") {
  SeriesStore store;
  ComponentHarness source(loki_source_cloudflare);
  source.services().add(store);
  const std::string common = "api_token = \"t\"\nzone_id = \"z\"\nforward_to = []\n";
  CHECK(source.update(common + "pull_range = \"-1s\"").error().message() ==
        "pull_range must be a positive duration");
  CHECK(!source.update(common + "workers = 0"));
  CHECK(source.update(common + "fields_type = \"some\"")
            .error()
            .message()
            .contains("unknown fields type: some"));
}

}  // namespace loki
}  // namespace alloy
