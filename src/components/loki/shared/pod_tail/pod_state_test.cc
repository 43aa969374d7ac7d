#include "components/loki/shared/pod_tail/pod_state.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace alloy::loki {
namespace {

constexpr WallTime now{std::chrono::seconds(1'704'067'200)};  // 2024-01-01T00:00:00Z

// A pod with the uid "u" and a container "c" in this state.
bool has_ended(std::string_view state, std::string_view policy = "Always",
               std::string_view list = "containerStatuses", std::string_view more_meta = "") {
  const auto ended = has_container_ended(
      fmt::format(R"({{"metadata":{{"uid":"u"{}}},"spec":{{"restartPolicy":"{}"}},)"
                  R"("status":{{"{}":[{{"name":"c","state":{}}}]}}}})",
                  more_meta, policy, list, state),
      "c", "u", now);
  INFO((ended ? std::string() : ended.error().message()));
  REQUIRE(ended);
  return *ended;
}

constexpr std::string_view done = R"({"terminated":{"exitCode":0}})";
constexpr std::string_view failed = R"({"terminated":{"exitCode":1}})";

}  // namespace

TEST_CASE("a container that runs, or will run again, has not ended") {
  CHECK_FALSE(has_ended(R"({"running":{}})"));
  CHECK_FALSE(has_ended(R"({"waiting":{"reason":"CrashLoopBackOff"}})", "Never"));
  CHECK_FALSE(has_ended(done, "Always"));
  CHECK(has_ended(done, "OnFailure"));
  CHECK_FALSE(has_ended(failed, "OnFailure"));
  CHECK(has_ended(failed, "Never"));
}

TEST_CASE("init containers run once, ephemeral ones never again") {
  CHECK(has_ended(done, "Always", "initContainerStatuses"));
  CHECK_FALSE(has_ended(failed, "Always", "initContainerStatuses"));
  CHECK(has_ended(failed, "Always", "ephemeralContainerStatuses"));
}

TEST_CASE("the log of a job's container is read on for a minute after its end") {
  const std::string owner = R"(,"ownerReferences":[{"kind":"Job","name":"j","controller":true}])";
  const std::string list = "containerStatuses";
  CHECK_FALSE(has_ended(R"({"terminated":{"exitCode":0,"finishedAt":"2023-12-31T23:59:30Z"}})",
                        "Never", list, owner));
  CHECK(has_ended(R"({"terminated":{"exitCode":0,"finishedAt":"2023-12-31T23:58:00Z"}})", "Never",
                  list, owner));
  CHECK(has_ended(R"({"terminated":{"exitCode":0,"finishedAt":"2023-12-31T23:59:59Z"}})", "Never",
                  list, owner + R"(,"deletionTimestamp":"2024-01-01T00:00:00Z")"));
}

TEST_CASE("another pod with the same name means that the container has ended") {
  const auto ended = has_container_ended(R"({"metadata":{"uid":"other"}})", "c", "u", now);
  REQUIRE(ended);
  CHECK(*ended);
  const auto unknown = has_container_ended(R"({"metadata":{"uid":"u"}})", "c", "u", now);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message() == "could not find container \"c\" in pod status");
}

}  // namespace alloy::loki
