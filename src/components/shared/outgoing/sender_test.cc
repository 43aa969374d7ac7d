// What needs no endpoint; the writers' own tests send.
#include "components/shared/outgoing/sender.h"

#include <doctest/doctest.h>

namespace alloy::outgoing {
namespace {

TEST_CASE("Retry-After is read as seconds and as a date") {
  const WallTime now{std::chrono::seconds(784'111'777)};
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:00 GMT", now) == 23s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now) == 0s);
  CHECK(parse_retry_after("soon", now) == 0s);
  CHECK(parse_retry_after("", now) == 0s);
}

}  // namespace
}  // namespace alloy::outgoing
