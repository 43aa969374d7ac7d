#include "net/stream_server.h"

#include <mutex>
#include <vector>

#include "net/http_test_support.h"

namespace alloy::net {
namespace {

using namespace test;

// Says "hello" and ends.
Task<> greet(std::shared_ptr<Transport> transport, StopToken) {
  std::ignore = co_await transport->write("hello", "", 10s);
}

TEST_CASE("connections beyond the limit are refused, and somebody hears why") {
  Executor executor(2);
  std::mutex mutex;
  std::vector<std::string> refused;
  const auto note = [&](std::string_view reason, std::string_view, std::string_view) {
    std::lock_guard lock(mutex);
    refused.emplace_back(reason);
  };
  for (const unsigned connections_max : {1u, 0u}) {
    const auto server = StreamServer::create(
        executor.any(), {.connections_max = connections_max, .on_refused = note}, greet);
    REQUIRE(server);
    StopSource stop;
    TaskGroup tasks(executor.any());
    tasks.spawn((*server)->run(stop.get_token()));
    const std::string address = (*server)->address();
    RawConnection client(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    CHECK(client.receive() == (connections_max == 1 ? "hello" : ""));
    stop.request_stop();
    executor.run(tasks.join());
  }
  CHECK(refused == std::vector<std::string>{"too_many_connections"});
}

}  // namespace
}  // namespace alloy::net
