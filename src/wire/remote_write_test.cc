#include "wire/remote_write.h"

#include <doctest/doctest.h>

namespace alloy::wire {
namespace {

TEST_CASE("symbols may follow the series that refer to them") {
  const std::string_view message("\x2a\x04\x0a\x02\x01\x02\x22\x00\x22\x01n\x22\x01v", 14);
  WriteRequest request;
  REQUIRE(request.parse(message, RemoteWriteProtocol::v2));
  REQUIRE(request.series().size() == 1);
  const auto labels = request.labels(request.series()[0].labels);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0] == Label{"n", "v"});
}

TEST_CASE("a broken message has no content") {
  const std::string_view message("\x0a\x02\x12\x00\x0a\x05\x01", 7);
  WriteRequest request;
  CHECK(!request.parse(message, RemoteWriteProtocol::v1));
  CHECK(request.series().empty());
}

}  // namespace
}  // namespace alloy::wire
