#include "net/http_server.h"

#include <thread>

#include <fmt/format.h>

#include "net/http_test_support.h"

namespace alloy::net {
namespace {

using namespace test;

Task<ServerResponse> echo(ServerRequest request) {
  const auto body = co_await request.body->read_all(1 << 20);
  if (!body) co_return text_response(400, body.error().message());
  ServerResponse response;
  response.headers.add("Content-Type", "text/plain");
  response.body = fmt::format("{} {} {}", request.method, request.path, *body);
  co_return response;
}

std::string ask(RunningServer& server, std::string_view text, std::string_view until = {}) {
  RawConnection connection(server->port());
  connection.send(text);
  return connection.receive(until);
}

TEST_CASE("a request is answered with a complete head") {
  Executor executor(2);
  RunningServer server(executor, echo);
  const std::string answer =
      ask(server, "GET /a%20b?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: "));
  CHECK(answer.ends_with("Content-Length: 9\r\nConnection: close\r\n\r\nGET /a b "));
}

TEST_CASE("requests that come together are answered in order") {
  Executor executor(2);
  RunningServer server(executor, echo);
  const std::string answers =
      ask(server,
          "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
          "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          "2\r\ntw\r\n1\r\no\r\n0\r\n\r\n"
          "GET /3 HTTP/1.0\r\n\r\n");
  const size_t first = answers.find("POST /1 one");
  const size_t second = answers.find("POST /2 two");
  const size_t third = answers.find("GET /3 ");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
}

TEST_CASE("a HEAD request gets the head only, and 204 has no length") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    if (request.path == "/none") response.status = 204;
    if (request.path == "/some") response.body = "12345";
    co_return response;
  });
  const std::string head =
      ask(server, "HEAD /some HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(head.contains("Content-Length: 5\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
  const std::string none =
      ask(server, "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(none.starts_with("HTTP/1.1 204 No Content\r\n"));
  CHECK(!none.contains("Content-Length"));
}

TEST_CASE("what is not HTTP is turned away and counted") {
  Executor executor(2);
  HttpServerOptions options;
  options.head_bytes_max = 10'000;
  options.body_bytes_max = 1000;
  RunningServer server(executor, echo, std::move(options));
  CHECK(ask(server, "\x16\x03\x01garbage\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request"));
  CHECK(ask(server, "GET / HTTP/3.0\r\n\r\n").starts_with("HTTP/1.1 505"));
  CHECK(ask(server, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400"));
  CHECK(server.rejected(Rejection::malformed) == 3);
  const std::string huge = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'a');
  CHECK(ask(server, huge).starts_with("HTTP/1.1 431"));
  CHECK(server.rejected(Rejection::head_too_large) == 1);
  CHECK(ask(server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
            .starts_with("HTTP/1.1 413"));
  const std::string chunks = "400\r\n" + std::string(1024, 'b') + "\r\n";
  CHECK(ask(server, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            .contains("http: request body too large"));
  CHECK(server.rejected(Rejection::body_too_large) == 2);
}

TEST_CASE("slow peers are turned away and counted") {
  Executor executor(2);
  HttpServerOptions options;
  options.head_timeout = 50ms;
  options.body_timeout = 50ms;
  options.idle_timeout = 50ms;
  RunningServer server(executor, echo, std::move(options));
  CHECK(ask(server, "").empty());
  CHECK(ask(server, "GET / HT").starts_with("HTTP/1.1 408"));
  CHECK(server.rejected(Rejection::head_timeout) == 2);
  CHECK(ask(server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            .contains("i/o timeout"));
  CHECK(server.rejected(Rejection::body_timeout) == 1);
  // Silence after an answer is no offence.
  CHECK(ask(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(server.rejected(Rejection::head_timeout) == 2);
}

TEST_CASE("a client that takes nothing does not hold its connection for ever") {
  Executor executor(2);
  HttpServerOptions options;
  options.write_timeout = 100ms;
  std::atomic<bool> failed = false;
  RunningServer server(
      executor,
      [&](ServerRequest) -> Task<ServerResponse> {
        ServerResponse response;
        struct Endless {
          static Task<Result<void>> run(std::shared_ptr<BodyWriter> writer,
                                        std::atomic<bool>* failed) {
            while (true) {
              auto written = co_await writer->write(std::string(1 << 20, 'x'));
              if (written) continue;
              *failed = true;
              co_return written;
            }
          }
        };
        response.stream = [&](std::shared_ptr<BodyWriter> writer) {
          return Endless::run(std::move(writer), &failed);
        };
        co_return response;
      },
      std::move(options));
  RawConnection connection(server->port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 100 && !failed; ++i) std::this_thread::sleep_for(50ms);
  CHECK(failed);
  CHECK(server.rejected(Rejection::write_timeout) == 1);
}

TEST_CASE("a streamed answer is chunked and a broken one is seen to be") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    struct Parts {
      static Task<Result<void>> run(std::shared_ptr<BodyWriter> writer, bool breaks) {
        CO_TRY(co_await writer->write("one"));
        CO_TRY(co_await writer->write("two"));
        if (breaks) co_return fail("lost");
        co_return Result<void>{};
      }
    };
    response.stream = [breaks = request.path == "/broken"](std::shared_ptr<BodyWriter> writer) {
      return Parts::run(std::move(writer), breaks);
    };
    co_return response;
  });
  CHECK(ask(server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .ends_with("Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
  CHECK(ask(server, "GET /broken HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("3\r\ntwo\r\n"));
  CHECK(ask(server, "GET / HTTP/1.0\r\n\r\n").ends_with("\r\n\r\nonetwo"));
}

TEST_CASE("a client that waits for permission to send gets it") {
  Executor executor(2);
  RunningServer server(executor, echo);
  RawConnection connection(server->port());
  connection.send(
      "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(connection.receive("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send("body");
  CHECK(connection.receive("POST /p body").starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("a body nobody reads does not become the next request") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest) -> Task<ServerResponse> {
    co_return ServerResponse{.status = 401};
  });
  const std::string big(100'000, 'x');
  const std::string answer = ask(
      server,
      fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", big.size(), big));
  CHECK(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
  CHECK(answer.contains("Connection: close\r\n"));
  CHECK(server->stats().requests_total == 1);
}

TEST_CASE("a handler that throws answers 500 and is counted") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest) -> Task<ServerResponse> {
    throw std::runtime_error("boom");
    co_return ServerResponse{};
  });
  CHECK(ask(server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 500"));
  CHECK(server.rejected(Rejection::handler_failed) == 1);
}

TEST_CASE("stopping lets requests in progress finish and closes the silent ones") {
  Executor executor(2);
  std::atomic<bool> entered = false;
  RunningServer server(executor, [&](ServerRequest request) -> Task<ServerResponse> {
    if (request.path == "/slow") {
      entered = true;
      co_await sleep_for(200ms, StopToken{});
    }
    co_return ServerResponse{.body = "done"};
  });
  RawConnection idle(server->port());
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.receive("done");
  RawConnection busy(server->port());
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!entered) std::this_thread::sleep_for(1ms);
  const auto start = std::chrono::steady_clock::now();
  server.stop();
  CHECK(std::chrono::steady_clock::now() - start < 3s);
  CHECK(busy.receive().ends_with("Connection: close\r\n\r\ndone"));
  CHECK(idle.receive().empty());
  CHECK(server->stats().connections_open == 0);
}

TEST_CASE("stopping gives up on requests that do not finish") {
  Executor executor(2);
  HttpServerOptions options;
  options.drain_timeout = 100ms;
  std::atomic<bool> entered = false;
  RunningServer server(
      executor,
      [&](ServerRequest request) -> Task<ServerResponse> {
        entered = true;
        co_await sleep_for(1h, request.stop);
        co_return ServerResponse{};
      },
      std::move(options));
  RawConnection connection(server->port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!entered) std::this_thread::sleep_for(1ms);
  server.stop();
  CHECK(server->stats().connections_open == 0);
}

TEST_CASE("a port in use is refused with Go's words, and a request can go past the socket") {
  Executor executor(2);
  RunningServer server(executor, echo);
  HttpServerOptions options;
  options.listen_address = server->address();
  const auto second = HttpServer::create(executor.any(), options, echo);
  REQUIRE(!second);
  CHECK(second.error().message() ==
        fmt::format("listen tcp {}: bind: address already in use", server->address()));
  ServerRequest request;
  request.path = "/direct";
  CHECK(wait_for(executor, server->dispatch(std::move(request))).body == "GET /direct ");
}

TEST_CASE("a large body is compressed for a client that accepts it") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest) -> Task<ServerResponse> {
    ServerResponse response;
    response.body = std::string(100'000, 'm');
    response.compress = true;
    co_return response;
  });
  const auto client = HttpClient::create(executor.any(), {}).value();
  const auto response = get(executor, *client, server.url("/")).value();
  CHECK(response.body == std::string(100'000, 'm'));
  CHECK(response.wire_size < 2000);
  Request plain;
  plain.url = server.url("/");
  plain.decoding = Decoding::none;
  CHECK(wait_for(executor, client->fetch(std::move(plain), StopToken{})).value().wire_size ==
        100'000);
  Request zstd;
  zstd.url = server.url("/");
  zstd.decoding = Decoding::gzip_zstd;
  zstd.headers.add("Accept-Encoding", "zstd");
  const auto decoded = wait_for(executor, client->fetch(std::move(zstd), StopToken{})).value();
  CHECK(decoded.wire_size < 2000);
  CHECK(decoded.body == response.body);
}

}  // namespace
}  // namespace alloy::net
