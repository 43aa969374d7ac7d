// The other side of tests/e2e/outage_test.py in one process: targets that count their scrapes, and
// a sink for remote_write that checks what arrives and can be down.
//
// `outage_peer TARGETS SERIES_OF_EACH` prints "listening on 127.0.0.1:PORT" and ends with its
// standard input. It answers:
//
// GET /target/N: the N-th target.
// POST /api/v1/write: the sink.
// POST /control?STATUS: from now on the sink answers with this status, and takes only with 200.
// GET /totals, /missing: see Ledger.
#include <charconv>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/executor.h"
#include "net/http_server.h"
#include "outage/exposition.h"
#include "outage/ledger.h"

namespace alloy::outage {
namespace {

constexpr size_t request_bytes_max = 64 << 20;

size_t number(std::string_view text, size_t otherwise) {
  size_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Peer {
 public:
  Peer(size_t targets, size_t series) : ledger_(targets, series) {
    for (size_t i = 0; i < targets; ++i) expositions_.emplace_back(series);
  }

  static Task<net::ServerResponse> answer(Peer* self, net::ServerRequest request) {
    constexpr std::string_view targets = "/target/";
    if (request.path == "/api/v1/write") co_return co_await self->take(std::move(request));
    const std::lock_guard lock(self->mutex_);
    if (request.path.starts_with(targets)) co_return self->serve(request.path.substr(8));
    if (request.path == "/control") {
      self->status_ = static_cast<int>(number(request.query, 200));
      co_return net::ServerResponse{};
    }
    if (request.path == "/totals") co_return net::text_response(200, self->ledger_.totals());
    if (request.path == "/missing") co_return net::text_response(200, self->ledger_.missing());
    co_return net::text_response(404, "not here");
  }

 private:
  net::ServerResponse serve(std::string_view name) {
    const size_t target = number(name, expositions_.size());
    if (target >= expositions_.size()) return net::text_response(404, "no such target");
    const uint32_t scrape = ledger_.serve(target, to_unix_milliseconds(real_clock().wall()));
    return {.headers = {{"Content-Type", "text/plain; version=0.0.4"}},
            .body = expositions_[target].text(scrape)};
  }

  Task<net::ServerResponse> take(net::ServerRequest request) {
    const auto body = co_await request.body->read_all(request_bytes_max);
    if (!body) co_return net::text_response(400, body.error().message());
    const bool is_v2 = request.headers.get("Content-Type").contains(wire::write_request_v2);
    const std::lock_guard lock(mutex_);
    if (status_ != 200) co_return net::text_response(status_, "down");
    const bool taken =
        ledger_.take(*body, is_v2 ? wire::RemoteWriteProtocol::v2 : wire::RemoteWriteProtocol::v1);
    co_return taken ? net::ServerResponse{.status = 204} : net::text_response(400, "damaged");
  }

  std::mutex mutex_;  // Guards everything below.
  Ledger ledger_;
  std::deque<Exposition> expositions_;
  int status_ = 200;
};

int run(size_t targets, size_t series) {
  Peer peer(targets, series);
  Executor executor(2);
  auto server = net::HttpServer::create(executor.any(), {}, [&peer](net::ServerRequest request) {
    return Peer::answer(&peer, std::move(request));
  });
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().message());
    return 1;
  }
  fmt::print("listening on {}\n", (*server)->address());
  std::fflush(stdout);
  StopSource stop;
  // Whoever started it is gone when its end of the pipe is.
  std::jthread watch([&stop] {
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    stop.request_stop();
  });
  executor.run((*server)->run(stop.get_token()));
  return 0;
}

}  // namespace
}  // namespace alloy::outage

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: outage_peer TARGETS SERIES_OF_EACH\n");
    return 2;
  }
  return alloy::outage::run(alloy::outage::number(argv[1], 1), alloy::outage::number(argv[2], 1));
}
