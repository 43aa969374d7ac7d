// loki.source.gelf as its users see it.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/loki/shared/test_collector.h"
#include "net/udp_socket.h"

namespace alloy {

extern const ComponentType loki_source_gelf;

namespace loki {
namespace {

struct Fixture {
  SeriesStore store;
  std::shared_ptr<TestCollector> collector = std::make_shared<TestCollector>(store);
  ComponentHarness gelf{loki_source_gelf};
  std::string address;

  Fixture() {
    gelf.services().add<SeriesStore>(store);
    gelf.variables().set("next", encapsulate<LogsReceiver>(collector));
  }
  // On a port that was free a moment ago; another one if somebody else was quicker.
  void start() {
    Result<> updated;
    for (int i = 0; i < 20; ++i) {
      address = (*net::UdpSocket::open(gelf.executor().any(), "127.0.0.1:0", 1 << 16))->address();
      updated = gelf.update(fmt::format("listen_address = \"{}\"\nforward_to = [next]\n", address));
      if (updated || !updated.error().message().contains("address already in use")) break;
    }
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
    gelf.start();
  }
  void send(std::string_view datagram) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    const auto port = std::stoi(address.substr(address.rfind(':') + 1));
    sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(static_cast<uint16_t>(port))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::sendto(socket, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&to),
                     sizeof to) == std::ssize(datagram));
    ::close(socket);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "datagrams become entries, what is none is counted") {
  start();
  send("nothing");
  send(R"({"version": "1.1", "host": "h", "short_message": "s", "timestamp": 1})");
  CHECK(gelf.wait_until([&] { return !collector->lines().empty(); }));
  CHECK(collector->lines().front() ==
        R"({} {"version":"1.1","host":"h","short_message":"s","timestamp":1})");
  CHECK(gelf.wait_until([&] { return gelf.metric("loki_source_gelf_target_entries_total") == 1; }));
  CHECK(gelf.metric("loki_source_gelf_target_parsing_errors_total") == 1);
}

}  // namespace loki
}  // namespace alloy
