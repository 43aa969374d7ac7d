#include "cluster/http_transport.h"

#include <future>
#include <thread>

#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include "base/executor.h"
#include "net/http_server.h"

namespace alloy::cluster {
namespace {

// A node with a server of its own on an ephemeral port.
class TestNode {
 public:
  TestNode(Executor& executor, std::string name, std::string label = "")
      : executor_(executor),
        strand_(executor.strand()),
        transport_(strand_, Logger(), nullptr, rejections_),
        tasks_(executor.any()) {
    server_ = std::move(*net::HttpServer::create(executor.any(), {}, [this](net::ServerRequest r) {
      return transport_.handle(std::move(r));
    }));
    address_ = *parse_address(server_->address());
    node_ = std::make_unique<Node>(NodeOptions{.name = std::move(name),
                                               .address = address_,
                                               .label = std::move(label),
                                               .rejections = rejections_},
                                   real_clock(), transport_, nullptr);
    transport_.set_inbound({[this](std::string_view p) { return node_->on_packet(p); },
                            [this](std::string_view r) { return node_->on_exchange(r); }});
    tasks_.spawn(server_->run(stop_.get_token()));
    on_strand([this] { node_->start(); });
    ticking_ = std::thread([this] {
      while (!stop_.stop_requested()) {
        on_strand([this] { node_->tick(); });
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
  }

  ~TestNode() {
    stop_.request_stop();
    ticking_.join();
    struct Close {
      static Task<> run(TestNode& node) {
        co_await boost::asio::co_spawn(node.strand_, node.transport_.close(),
                                       boost::asio::use_awaitable);
        co_await node.tasks_.join();
      }
    };
    executor_.run(Close::run(*this));
  }

  // Runs a call on the node's strand and gives its result back.
  template <class F>
  std::invoke_result_t<F> on_strand(F call) {
    struct Call {
      static Task<std::invoke_result_t<F>> run(F f) { co_return f(); }
    };
    return boost::asio::co_spawn(strand_, Call::run(std::move(call)), boost::asio::use_future)
        .get();
  }

  Result<size_t> join(const TestNode& other) {
    std::promise<Result<size_t>> done;
    on_strand([&] {
      node_->join({other.address_}, [&](Result<size_t> r) { done.set_value(std::move(r)); });
    });
    return done.get_future().get();
  }

  size_t participants() {
    return on_strand([this] { return node_->ring()->names().size(); });
  }
  void participate() {
    on_strand([this] { CHECK(node_->change_role(NodeRole::participant, {}).has_value()); });
  }
  const TransportStats& stats() const { return transport_.stats(); }
  const Rejections& rejections() const { return *rejections_; }

 private:
  Executor& executor_;
  AnyExecutor strand_;
  std::shared_ptr<Rejections> rejections_ = std::make_shared<Rejections>();
  HttpTransport transport_;
  StopSource stop_;
  TaskGroup tasks_;
  std::unique_ptr<net::HttpServer> server_;
  Address address_;
  std::unique_ptr<Node> node_;
  std::thread ticking_;
};

bool within(Duration limit, const std::function<bool()>& condition) {
  const SteadyTime end = real_clock().steady() + limit;
  while (!condition()) {
    if (real_clock().steady() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

TEST_CASE("three nodes find each other over real connections") {
  Executor executor(2);
  TestNode a(executor, "a");
  TestNode b(executor, "b");
  TestNode c(executor, "c");
  CHECK(b.join(a) == 1u);
  CHECK(c.join(b) == 1u);
  for (TestNode* node : {&a, &b, &c}) node->participate();
  CHECK(within(10s, [&] {
    return a.participants() == 3 && b.participants() == 3 && c.participants() == 3;
  }));
  CHECK(a.stats().rx_packets > 0);
  CHECK(a.rejections().total() == 0);
}

TEST_CASE("nodes of another cluster name are not let in") {
  Executor executor(2);
  TestNode a(executor, "a", "one");
  TestNode b(executor, "b", "two");
  const auto joined = b.join(a);
  REQUIRE_FALSE(joined.has_value());
  CHECK(joined.error().message().ends_with("EOF\n\n"));
  a.participate();
  CHECK(a.participants() == 1);
}

}  // namespace
}  // namespace alloy::cluster
