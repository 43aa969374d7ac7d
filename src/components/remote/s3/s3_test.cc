#include <doctest/doctest.h>

#include "components/remote/s3/object_client.h"
#include "components/remote/shared/test_server.h"

namespace alloy {

extern const ComponentType remote_s3;

TEST_CASE("remote.s3 exports an object as it is, and keeps it while the store refuses") {
  remote::AnsweringServer store;
  store.set(200, " one \n");
  ComponentHarness harness(remote_s3);
  REQUIRE(harness.update(fmt::format(R"(path = "s3://bucket/dir/a+b c"
client {{
  endpoint       = "{}"
  use_path_style = true
  key            = "k"
  secret         = "s"
  region         = "r"
}})",
                                     store.url())));
  CHECK(remote::content_of(harness) == " one \n");
  CHECK(store.targets().front() == "/bucket/dir/a%2Bb%20c?x-id=GetObject");
  harness.start();
  CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
  store.set(403, "<Error><Code>AccessDenied</Code><Message>No</Message></Error>");
  harness.clock().advance(10min);
  CHECK(harness.wait_until([&] { return harness.health().state == HealthState::unhealthy; }));
  CHECK(harness.health().message ==
        "operation error S3: GetObject, https response error StatusCode: 403, RequestID: , "
        "AccessDenied: No");
  CHECK(remote::content_of(harness) == " one \n");
  store.set(200, "two");
  CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
  harness.clock().advance(10min);
  CHECK(harness.wait_until([&] { return remote::content_of(harness) == "two"; }));
}

TEST_CASE("remote.s3 refuses what names no object") {
  CHECK(remote::s3::parse_object_path("s3://b/k/l")->key == "k/l");
  for (const char* path : {"b/k", "s3://", "s3://b", "s3://b/", "s3:///k"})
    CHECK_FALSE(remote::s3::parse_object_path(path));
}

}  // namespace alloy
