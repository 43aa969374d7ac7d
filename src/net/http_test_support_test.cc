#include "net/http_test_support.h"

#include <thread>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace alloy::net::test {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint loopback(uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

Task<> run_server(HttpServer* server, StopToken stop) { co_await server->run(std::move(stop)); }

}  // namespace

RunningServer::RunningServer(Executor& executor, Handler handler, HttpServerOptions options)
    : executor_(executor), group_(executor.any()) {
  auto server = HttpServer::create(executor.any(), std::move(options), std::move(handler));
  REQUIRE_MESSAGE(server, server.error().message());
  server_ = *std::move(server);
  group_.spawn(run_server(server_.get(), stop_.get_token()));
}

RunningServer::~RunningServer() { stop(); }

void RunningServer::stop() {
  if (std::exchange(stopped_, true)) return;
  stop_.request_stop();
  executor_.run(group_.join());
}

std::string RunningServer::url(std::string_view path) const {
  return fmt::format("http://{}{}", server_->address(), path);
}

uint64_t RunningServer::rejected(Rejection reason) const {
  return server_->stats().rejected[static_cast<size_t>(reason)];
}

RawConnection::RawConnection(uint16_t port) : socket_(io_) { socket_.connect(loopback(port)); }

void RawConnection::send(std::string_view text) {
  boost::system::error_code ignored;
  asio::write(socket_, asio::buffer(text), ignored);
}

std::string RawConnection::receive(std::string_view until) {
  std::string all;
  char buffer[4096];
  boost::system::error_code error;
  while (!error && (until.empty() || !all.contains(until))) {
    const size_t got = socket_.read_some(asio::buffer(buffer), error);
    all.append(buffer, got);
  }
  return all;
}

void RawConnection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

struct RawServer::State {
  asio::io_context io;
  tcp::acceptor acceptor{io, loopback(0)};
  std::vector<std::shared_ptr<tcp::socket>> open;
  std::string answer;
  After after;
  std::thread thread;

  void accept() {
    const auto socket = std::make_shared<tcp::socket>(io);
    acceptor.async_accept(*socket, [this, socket](boost::system::error_code error) {
      if (error) return;
      serve(socket);
      accept();
    });
  }
  void serve(const std::shared_ptr<tcp::socket>& socket) {
    const auto buffer = std::make_shared<std::string>(4096, '\0');
    socket->async_read_some(asio::buffer(*buffer), [this, socket, buffer](auto error, size_t) {
      if (error) return;
      boost::system::error_code ignored;
      asio::write(*socket, asio::buffer(answer), ignored);
      if (after == After::keep_open) {
        open.push_back(socket);
      } else if (after == After::reset) {
        socket->set_option(asio::socket_base::linger(true, 0), ignored);
        socket->close(ignored);
      }
    });
  }
};

RawServer::RawServer(std::string answer, After after) : state_(std::make_shared<State>()) {
  state_->answer = std::move(answer);
  state_->after = after;
  port_ = state_->acceptor.local_endpoint().port();
  state_->accept();
  state_->thread = std::thread([state = state_] { state->io.run(); });
}

RawServer::~RawServer() {
  state_->io.stop();
  state_->thread.join();
}

std::string RawServer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

Result<Response> get(Executor& executor, HttpClient& client, std::string url, Duration timeout) {
  Request request;
  request.url = std::move(url);
  request.timeout = timeout;
  return wait_for(executor, client.fetch(std::move(request), StopToken{}));
}

}  // namespace alloy::net::test
