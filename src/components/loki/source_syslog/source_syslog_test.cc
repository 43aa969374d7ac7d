// loki.source.syslog as its users see it.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/loki/shared/test_collector.h"
#include "signals/relabel.h"

namespace alloy {

extern const ComponentType loki_source_syslog;

namespace loki {
namespace {

// The port that one gets who asks for this one (0: any); 0 when somebody has it.
uint16_t try_port(int type, uint16_t port) {
  const int socket = ::socket(AF_INET, type, 0);
  sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool is_ours = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return is_ours ? ntohs(address.sin_port) : uint16_t{0};
}

struct Fixture {
  SeriesStore store;
  std::shared_ptr<TestCollector> collector = std::make_shared<TestCollector>(store);
  ComponentHarness syslog{loki_source_syslog};
  int type = SOCK_STREAM;
  uint16_t port = 0;
  bool is_started = false;

  Fixture() {
    syslog.services().add<SeriesStore>(store);
    syslog.variables().set("next", encapsulate<LogsReceiver>(collector));
    RelabelRule rule{.regex = *RegularExpression::create("__syslog_message_(host.+|app_.+)"),
                     .action = RelabelAction::labelmap};
    syslog.variables().set("rules", encapsulate<const RelabelRules>(
                                        std::make_shared<const RelabelRules>(std::vector{rule})));
  }
  // On a port that was free a moment ago; another one if somebody else was quicker.
  void listen_somewhere(std::string_view more = "") {
    for (int i = 0; i < 20; ++i) {
      port = try_port(type, 0);
      const auto updated = syslog.update(
          fmt::format("listener {{\naddress = \"127.0.0.1:{}\"\nprotocol = \"{}\"\n{}\n}}\n"
                      "relabel_rules = rules\nforward_to = [next]\n",
                      port, type == SOCK_STREAM ? "tcp" : "udp", more));
      INFO((updated ? std::string() : updated.error().message()));
      REQUIRE(updated);
      if (!std::exchange(is_started, true)) syslog.start();
      // The message may still be that of the last port.
      const auto is_refused = [&] {
        const std::string message = syslog.health().message;
        return message.contains("in use") && message.contains(fmt::format(":{}", port));
      };
      REQUIRE(syslog.wait_until([&] { return is_refused() || try_port(type, port) == 0; }));
      if (!is_refused()) return;
    }
    FAIL("no port is free");
  }
  // Sends the text in one piece; the connection is closed afterwards. Waits for the listener.
  void send(std::string_view text) {
    const int socket = ::socket(AF_INET, type, 0);
    sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(syslog.wait_until([&] {
      if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return false;
      return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == std::ssize(text);
    }));
    ::close(socket);
  }
  bool has(const std::vector<std::string>& lines) {
    return syslog.wait_until([&] {
      syslog.clock().advance(100ms);
      return collector->lines() == lines;
    });
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "messages on a connection become entries with labels") {
  listen_somewhere("labels = {job = \"s\"}");
  send("<165>1 2024-05-06T07:08:09.123Z h app 1 ID [x@1 a=\"b\"] one\n<14>1 - h - - - - two\n");
  CHECK(has({R"({app_name="app", hostname="h", job="s"} one)", R"({hostname="h", job="s"} two)"}));
  CHECK(syslog.metric("loki_source_syslog_entries_total") == 2);
}

TEST_CASE_FIXTURE(Fixture, "what begins like no message goes on as it is, with a label") {
  listen_somewhere();
  send("<14>1 - h - - - - one\n");
  CHECK(has({R"({hostname="h"} one)"}));
  send("no syslog at all\n");
  CHECK(has({R"({hostname="h"} one)", R"({syslog_unparsed="true"} no syslog at all)"}));
  CHECK(syslog.metric("loki_source_syslog_parsing_errors_total") == 1);
}

TEST_CASE_FIXTURE(Fixture, "entries that are refused come again, not twice to anybody") {
  listen_somewhere();
  collector->refuse(3);
  send("<14>1 - h - - - - one\n");
  CHECK(has({R"({hostname="h"} one)"}));
  CHECK(syslog.metric("loki_source_syslog_entries_total") == 1);
}

TEST_CASE_FIXTURE(Fixture, "datagrams become entries") {
  type = SOCK_DGRAM;
  listen_somewhere("syslog_format = \"rfc3164\"");
  send("<30>Nov 16 14:55:56 host cron[8]: x");
  CHECK(has({R"({app_name="cron", hostname="host"} x)"}));
}

TEST_CASE_FIXTURE(Fixture, "a changed listener listens where it is told to from then on") {
  listen_somewhere();
  send("<14>1 - h - - - - one\n");
  CHECK(has({R"({hostname="h"} one)"}));
  const uint16_t before = port;
  listen_somewhere("labels = {job = \"new\"}");
  CHECK(port != before);
  send("<14>1 - h - - - - two\n");
  CHECK(has({R"({hostname="h"} one)", R"({hostname="h", job="new"} two)"}));
}

TEST_CASE_FIXTURE(Fixture, "options that have no effect are refused") {
  const auto error = [&](std::string_view options) {
    const auto updated = syslog.update(
        fmt::format("listener {{\naddress = \":0\"\n{}\n}}\nforward_to = []\n", options));
    return updated ? std::string() : updated.error().message();
  };
  CHECK(error("protocol = \"http\"").contains("either 'tcp' or 'udp'"));
  CHECK(error("syslog_format = \"raw\"\nuse_incoming_timestamp = true").contains("no effect"));
  CHECK(error("rfc3164_cisco_components {\nhostname = true\n}").contains("no effect"));
  CHECK(error("raw_format_options { }").contains("no effect"));
  CHECK(error("syslog_format = \"rfc3164\"\nrfc3164_cisco_components { }")
            .contains("at least one option"));
}

}  // namespace loki
}  // namespace alloy
