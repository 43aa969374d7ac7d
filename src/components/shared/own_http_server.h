// The HTTP server of a component that receives: listens as its arguments say, moves when they
// change, and tells how busy it is. While memory is short it refuses what is pushed to it: the
// sender keeps that and comes again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "component/component.h"
#include "components/shared/http_server_arguments.h"
#include "net/http_server.h"

namespace alloy {

// On the component's strand. Whoever has called start() awaits stop() before the end.
class OwnHttpServer {
 public:
  // `prefix` is that of its metrics: "prometheus_receive_http" for ..._tcp_connections and so on.
  OwnHttpServer(const Options& options, std::string prefix);
  ~OwnHttpServer();
  OwnHttpServer(const OwnHttpServer&) = delete;
  OwnHttpServer& operator=(const OwnHttpServer&) = delete;

  // Listens from now on as the arguments say; nothing happens if they are the present ones. The
  // first handler stays: it is to look up its settings itself.
  Task<Result<>> update(HttpServerArguments arguments, net::Handler handler);
  // Serves, this server and those of later updates.
  void start();
  Task<> stop();

  // "127.0.0.1:41234"; empty before the first update.
  std::string address() const;

 private:
  struct Running;
  struct Metrics;

  Result<> listen(const HttpServerArguments& arguments, net::Handler handler);
  void serve();
  net::Handler refusing_when_full(net::Handler handler);
  void retire();

  AnyExecutor executor_;
  MemoryBudget* const memory_;  // Null: never short.
  ComponentHost& host_;
  std::shared_ptr<Metrics> metrics_;
  std::optional<HttpServerArguments> arguments_;
  std::unique_ptr<Running> current_;
  std::vector<std::unique_ptr<Running>> retired_;  // May still be answering.
  bool is_started_ = false;
};

}  // namespace alloy
