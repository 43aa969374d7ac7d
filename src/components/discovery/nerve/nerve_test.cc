#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "components/discovery/shared/fake_server.h"
#include "components/discovery/shared/zookeeper_messages.h"

namespace alloy {

extern const ComponentType discovery_nerve;
extern const ComponentType discovery_serverset;

namespace discovery {
namespace {

using boost::asio::ip::tcp;

std::string number(int64_t value, size_t size) {
  std::string out;
  for (size_t i = size; i > 0; --i)
    out += static_cast<char>(static_cast<uint64_t>(value) >> ((i - 1) * 8));
  return out;
}
std::string text(std::string_view value) {
  return number(static_cast<int64_t>(value.size()), 4) + std::string(value);
}

// A ZooKeeper with a few nodes, for one connection. It answers until that is closed.
class FakeZookeeper {
 public:
  explicit FakeZookeeper(std::map<std::string, std::string> nodes)
      : nodes_(std::move(nodes)),
        acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        thread_([this] { serve(); }) {}
  ~FakeZookeeper() {
    // In case nobody came, so that the thread does not wait for ever.
    boost::system::error_code ignored;
    tcp::socket visitor(io_);
    visitor.connect(acceptor_.local_endpoint(), ignored);
    visitor.close(ignored);
    thread_.join();
  }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  // Changes a node, and says so at the next ping or request.
  void set(const std::string& path, const std::string& data) {
    std::lock_guard lock(mutex_);
    nodes_[path] = data;
    has_changed_ = true;
  }

 private:
  void serve() {
    tcp::socket socket(io_);
    acceptor_.accept(socket);
    boost::system::error_code error;
    bool is_first = true;
    while (true) {
      std::string head(4, '\0');
      boost::asio::read(socket, boost::asio::buffer(head), error);
      if (error) return;
      std::string message(zookeeper::read_frame_size(head), '\0');
      boost::asio::read(socket, boost::asio::buffer(message), error);
      if (error) return;
      std::string answers = is_first ? text(std::string(37, '\0')) : answer(message);
      is_first = false;
      boost::asio::write(socket, boost::asio::buffer(answers), error);
      if (error) return;
    }
  }
  std::string answer(const std::string& message) {
    std::lock_guard lock(mutex_);
    std::string answers;
    if (std::exchange(has_changed_, false))
      answers += text(number(-1, 4) + number(0, 8) + number(0, 4));
    const auto operation = static_cast<unsigned char>(message[7]);
    if (operation == 11) return answers + text(number(-2, 4) + number(0, 8) + number(0, 4));
    const std::string path = message.substr(12, message.size() - 13);
    const auto found = nodes_.find(path);
    std::string reply = message.substr(0, 4) + number(0, 8);
    if (found == nodes_.end()) {
      reply += number(-101, 4);
    } else if (operation == 4) {
      reply += number(0, 4) + text(found->second) + std::string(68, '\0');
    } else {
      std::string names;
      int count = 0;
      for (const auto& [other, data] : nodes_) {
        if (!other.starts_with(path + "/") || other.find('/', path.size() + 1) != std::string::npos)
          continue;
        names += text(other.substr(path.size() + 1));
        ++count;
      }
      reply += number(0, 4) + number(count, 4) + names;
    }
    return answers + text(reply);
  }

  std::mutex mutex_;  // Guards the next two.
  std::map<std::string, std::string> nodes_;
  bool has_changed_ = false;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("discovery.nerve makes targets of a tree's nodes, and follows changes") {
  FakeZookeeper server({{"/n", ""},
                        {"/n/a", R"({"host":"10.0.0.1","port":80,"name":"web"})"},
                        {"/n/a/b", "no member"}});
  ComponentHarness harness(discovery_nerve);
  REQUIRE(harness.update(fmt::format(
      "servers = [\"127.0.0.1:{}\"]\npaths = [\"/n\", \"/missing\"]\ntimeout = \"300ms\"",
      server.port())));
  harness.start();
  CHECK(wait_for_targets(harness,
                         R"({__address__="10.0.0.1:80", __meta_nerve_endpoint_host="10.0.0.1", )"
                         R"(__meta_nerve_endpoint_name="web", __meta_nerve_endpoint_port="80", )"
                         R"(__meta_nerve_path="/n/a"})"
                         "\n"));
  server.set("/n/a", R"({"host":"10.0.0.2","port":80,"name":"web"})");
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return targets_of(harness).contains("10.0.0.2:80");
  }));
}

TEST_CASE("discovery.serverset reads members with further endpoints") {
  FakeZookeeper server(
      {{"/s", ""}, {"/s/m", R"({"serviceEndpoint":{"host":"h","port":1},"status":"ALIVE",
                          "shard":2,"additionalEndpoints":{"a-b":{"host":"x","port":3}}})"}});
  ComponentHarness harness(discovery_serverset);
  REQUIRE(
      harness.update(fmt::format("servers = [\"127.0.0.1:{}\"]\npaths = [\"/s\"]", server.port())));
  harness.start();
  CHECK(wait_for_targets(
      harness, R"({__address__="h:1", __meta_serverset_endpoint_host="h", )"
               R"(__meta_serverset_endpoint_host_a_b="x", __meta_serverset_endpoint_port="1", )"
               R"(__meta_serverset_endpoint_port_a_b="3", __meta_serverset_path="/s/m", )"
               R"(__meta_serverset_shard="2", __meta_serverset_status="ALIVE"})"
               "\n"));
  CHECK(harness.update("servers = []\npaths = [\"/a\"]").error().message() ==
        "discovery.serverset config must contain at least one Zookeeper server");
}

TEST_CASE("broken messages of ZooKeeper are refused") {
  using namespace zookeeper;
  CHECK_FALSE(parse_reply("short"));
  CHECK_FALSE(parse_children(number(5, 4)));
  CHECK_FALSE(parse_data(number(100, 4) + "x"));
  CHECK(*parse_data(number(-1, 4)) == "");
}

}  // namespace discovery
}  // namespace alloy
