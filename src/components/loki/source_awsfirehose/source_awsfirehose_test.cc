// loki.source.awsfirehose as its users see it.
#include "components/loki/shared/http_source_fixture.h"

namespace alloy {

extern const ComponentType loki_source_awsfirehose;

namespace loki {
namespace {

struct Fixture : HttpSourceFixture {
  Fixture() : HttpSourceFixture(loki_source_awsfirehose) {}
  Answer push(std::string_view body, net::Headers headers = {}) {
    headers.set("X-Amz-Firehose-Request-Id", "r-1");
    return post("/awsfirehose/api/v1/push", body, std::move(headers));
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "records become entries, the broken ones are left out") {
  start();
  const Answer answer =
      push(R"({"timestamp": 1, "records": [{"data": "aGk="}, {"data": "%%"}, {"data": "eW8="}]})",
           {{"X-Amz-Firehose-Common-Attributes", R"({"commonAttributes": {"lbl_env": "prod"}})"}});
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with(R"({"requestId":"r-1","timestamp":)"));
  CHECK(collector->lines() == Lines{R"({env="prod"} hi)", R"({env="prod"} yo)"});
}

TEST_CASE_FIXTURE(Fixture, "without the key a request is refused") {
  start("access_key = \"secret\"");
  const std::string_view body = R"({"records": [{"data": "aGk="}]})";
  CHECK(push(body).status == 401);
  CHECK(push(body, {{"X-Amz-Firehose-Access-Key", "secre"}}).status == 401);
  CHECK(collector->lines().empty());
  CHECK(push(body, {{"X-Amz-Firehose-Access-Key", "secret"}}).status == 200);
  CHECK(collector->lines() == Lines{"{} hi"});
}

TEST_CASE_FIXTURE(Fixture, "a body that is no request is refused with the reason") {
  start();
  const Answer answer = push("[");
  CHECK(answer.status == 400);
  CHECK(answer.body.contains("errorMessage"));
}

}  // namespace loki
}  // namespace alloy
