// Sessions with ZooKeeper.
#include "components/discovery/shared/zookeeper.h"

#include <deque>
#include <random>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "components/discovery/shared/zookeeper_messages.h"
#include "net/dns.h"

namespace alloy::discovery {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace zookeeper;

constexpr Duration reconnect_pause = 1s;
constexpr std::string_view usual_port = "2181";
constexpr size_t nodes_max = 100'000;

// One connection: a task of its own reads, everything else is on the same strand.
class Connection {
 public:
  explicit Connection(AnyExecutor strand)
      : socket_(strand), reading_(strand, TaskGroup::Strands::shared) {}

  void open(tcp::endpoint server, std::string first) {
    reading_.spawn(run(this, std::move(server), std::move(first)));
  }
  Task<> close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    co_await reading_.join();
  }
  // The next message; none when nothing came in time.
  Task<Result<std::optional<std::string>>> next(Duration timeout, StopToken stop) {
    while (inbox_.empty()) {
      if (!problem_.empty()) co_return fail(problem_);
      const Wake wake = co_await arrived_.wait(stop, timeout);
      if (wake == Wake::stopped) co_return fail("stopped", ErrorKind::stopped);
      if (wake == Wake::elapsed) co_return std::nullopt;
    }
    std::string message = std::move(inbox_.front());
    inbox_.pop_front();
    co_return message;
  }
  Task<Result<>> send(std::string frame) {
    boost::system::error_code error;
    co_await asio::async_write(socket_, asio::buffer(frame),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return fail("writing to ZooKeeper: " + error.message());
    co_return Result<>();
  }

 private:
  static Task<> run(Connection* self, tcp::endpoint server, std::string first) {
    auto result = co_await self->read_all(std::move(server), std::move(first));
    self->problem_ = result ? "ZooKeeper closed the connection" : result.error().message();
    self->arrived_.notify();
  }
  Task<Result<>> read_all(tcp::endpoint server, std::string first) {
    boost::system::error_code error;
    co_await socket_.async_connect(server, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return fail("connecting to ZooKeeper: " + error.message());
    CO_TRY(co_await send(std::move(first)));
    while (true) {
      std::string head(frame_head_size, '\0');
      co_await asio::async_read(socket_, asio::buffer(head),
                                asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return fail("reading from ZooKeeper: " + error.message());
      const uint32_t size = read_frame_size(head);
      if (size > message_size_max) co_return fail("ZooKeeper's message is too large");
      std::string message(size, '\0');
      co_await asio::async_read(socket_, asio::buffer(message),
                                asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return fail("reading from ZooKeeper: " + error.message());
      inbox_.push_back(std::move(message));
      arrived_.notify();
    }
  }

  tcp::socket socket_;
  std::deque<std::string> inbox_;
  std::string problem_;
  Event arrived_;
  TaskGroup reading_;
};

class Zookeeper final : public Discoverer {
 public:
  Zookeeper(ZookeeperOptions options, const DiscoveryContext& context)
      : options_(std::move(options)), context_(context) {}
  Task<> run(TargetSink& sink, StopToken stop) override;

 private:
  Task<Result<tcp::endpoint>> choose_server();
  Task<Result<>> follow(Connection* connection, TargetSink* sink, StopToken stop);
  Task<Result<>> look(Connection* connection, TargetSink* sink, StopToken stop);
  // The answer's message; none where there is no such node.
  Task<Result<std::optional<std::string>>> ask(Connection* connection, Operation operation,
                                               std::string path, StopToken stop);

  ZookeeperOptions options_;
  const DiscoveryContext& context_;
  std::mt19937 random_{std::random_device{}()};
  int32_t last_id_ = 0;
  bool is_outdated_ = false;  // A notification has come.
};

Task<Result<tcp::endpoint>> Zookeeper::choose_server() {
  if (options_.servers.empty()) co_return fail("zk: server list must not be empty");
  const size_t index =
      std::uniform_int_distribution<size_t>(0, options_.servers.size() - 1)(random_);
  const std::string& server = options_.servers[index];
  const size_t colon = server.rfind(':');
  const std::string host = server.substr(0, colon);
  const std::string port =
      colon == std::string::npos ? std::string(usual_port) : server.substr(colon + 1);
  CO_TRY(const auto addresses, co_await net::lookup_host(context_.executor.blocking(), host));
  boost::system::error_code error;
  const auto address = asio::ip::make_address(addresses.at(0), error);
  if (error) co_return fail(fmt::format("{}: {}", server, error.message()));
  co_return tcp::endpoint(address, static_cast<uint16_t>(std::atoi(port.c_str())));
}

Task<> Zookeeper::run(TargetSink& sink, StopToken stop) {
  while (!stop.stop_requested()) {
    Result<> result;
    auto server = co_await choose_server();
    if (server) {
      Connection connection(context_.strand);
      const auto timeout = static_cast<int32_t>(options_.timeout / 1ms);
      connection.open(*server, connect_request(timeout));
      result = co_await follow(&connection, &sink, stop);
      co_await connection.close();
    } else {
      result = std::unexpected(std::move(server).error());
    }
    if (stop.stop_requested()) co_return;
    if (!result) {
      context_.logger.error("lost ZooKeeper", {{"err", result.error()}});
      sink.report(std::move(result));
    }
    co_await context_.clock.sleep(reconnect_pause, stop);
  }
}

// Looks at all nodes, then again whenever it is told that one has changed.
Task<Result<>> Zookeeper::follow(Connection* connection, TargetSink* sink, StopToken stop) {
  CO_TRY(const auto session, co_await connection->next(options_.timeout, stop));
  if (!session) co_return fail("ZooKeeper does not answer");
  is_outdated_ = true;
  while (true) {
    if (std::exchange(is_outdated_, false)) {
      CO_TRY(co_await look(connection, sink, stop));
      continue;
    }
    CO_TRY(const auto message, co_await connection->next(options_.timeout / 3, stop));
    if (!message) {
      CO_TRY(co_await connection->send(ping_request()));
      CO_TRY(const auto answer, co_await connection->next(options_.timeout, stop));
      if (!answer) co_return fail("ZooKeeper does not answer");
      CO_TRY(const auto reply, parse_reply(*answer));
      is_outdated_ |= reply.id == notification_id;
      continue;
    }
    CO_TRY(const auto reply, parse_reply(*message));
    is_outdated_ |= reply.id == notification_id;
  }
}

Task<Result<std::optional<std::string>>> Zookeeper::ask(Connection* connection, Operation operation,
                                                        std::string path, StopToken stop) {
  last_id_ = last_id_ == INT32_MAX ? 1 : last_id_ + 1;
  CO_TRY(co_await connection->send(watch_request(last_id_, operation, path)));
  while (true) {
    CO_TRY(auto message, co_await connection->next(options_.timeout, stop));
    if (!message) co_return fail("ZooKeeper does not answer");
    CO_TRY(const auto reply, parse_reply(*message));
    if (reply.id == notification_id) is_outdated_ = true;
    if (reply.id != last_id_) continue;
    if (reply.error == no_node) co_return std::nullopt;
    if (reply.error != 0)
      co_return fail(fmt::format("ZooKeeper answers with error {} for {}", reply.error, path));
    co_return std::string(reply.body);
  }
}

Task<Result<>> Zookeeper::look(Connection* connection, TargetSink* sink, StopToken stop) {
  std::vector<TargetGroup> groups;
  std::deque<std::string> paths(options_.paths.begin(), options_.paths.end());
  for (size_t seen = 0; !paths.empty() && seen < nodes_max; ++seen) {
    const std::string path = std::move(paths.front());
    paths.pop_front();
    CO_TRY(const auto data, co_await ask(connection, Operation::get_data, path, stop));
    CO_TRY(const auto list, co_await ask(connection, Operation::get_children, path, stop));
    if (!data || !list) {
      // Tells when it is made.
      CO_TRY(co_await ask(connection, Operation::exists, path, stop));
      continue;
    }
    CO_TRY(const auto content, parse_data(*data));
    if (auto target = options_.make_target(content, path))
      groups.push_back({path, {*std::move(target)}});
    CO_TRY(const auto names, parse_children(*list));
    for (const std::string& name : names)
      paths.push_back(path.ends_with('/') ? path + name : path + "/" + name);
  }
  sink->replace(std::move(groups));
  sink->report({});
  co_return Result<>();
}

}  // namespace

std::unique_ptr<Discoverer> make_zookeeper(ZookeeperOptions options,
                                           const DiscoveryContext& context) {
  return std::make_unique<Zookeeper>(std::move(options), context);
}

}  // namespace alloy::discovery
