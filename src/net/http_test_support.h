// Helpers of net's tests: a server that runs, raw sockets, waiting for a task.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include "base/executor.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace alloy::net::test {

// Runs a task on the pool and hands out its result.
template <class T>
T wait_for(Executor& executor, Task<T> task) {
  struct Run {
    static Task<> into(Task<T> task, std::optional<T>* out) { *out = co_await std::move(task); }
  };
  std::optional<T> result;
  executor.run(Run::into(std::move(task), &result));
  return *std::move(result);
}

// A server on an ephemeral port that is stopped, and waited for, at the end of the test.
class RunningServer {
 public:
  RunningServer(Executor& executor, Handler handler, HttpServerOptions options = {});
  ~RunningServer();
  std::string url(std::string_view path) const;
  HttpServer& operator*() { return *server_; }
  HttpServer* operator->() { return server_.get(); }
  void stop();
  uint64_t rejected(Rejection reason) const;

 private:
  Executor& executor_;
  std::unique_ptr<HttpServer> server_;
  StopSource stop_;
  TaskGroup group_;
  bool stopped_ = false;
};

// A blocking client connection for saying what no proper client would.
class RawConnection {
 public:
  explicit RawConnection(uint16_t port);
  void send(std::string_view text);
  // Everything until the peer closes, or until `until` has come.
  std::string receive(std::string_view until = {});
  void close();

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
};

// Listens, takes one connection after the other and answers each with a fixed text, whatever is
// asked; then closes.
class RawServer {
 public:
  enum class After : unsigned char { close, keep_open, reset };
  RawServer(std::string answer, After after);
  ~RawServer();
  std::string url(std::string_view path) const;
  uint16_t port() const { return port_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  uint16_t port_ = 0;
};

Result<Response> get(Executor& executor, HttpClient& client, std::string url,
                     Duration timeout = 5s);

}  // namespace alloy::net::test
