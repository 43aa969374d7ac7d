// HTTP/2 through the server's port: what matters besides plain requests.
#include <thread>

#include <fmt/format.h>

#include "net/http_test_support.h"

namespace alloy::net {
namespace {

using namespace test;

std::unique_ptr<HttpClient> http2_client(Executor& executor) {
  HttpClientOptions options;
  options.http2_prior_knowledge = true;
  return HttpClient::create(executor.any(), std::move(options)).value();
}

Task<ServerResponse> echo(ServerRequest request) {
  const auto body = co_await request.body->read_all(64 << 20);
  if (!body) co_return text_response(400, body.error().message());
  ServerResponse response;
  response.headers.add("X-Size", std::to_string(body->size()));
  response.body = fmt::format("{} {} {} {}", request.http_major, request.method, request.host,
                              body->substr(0, 10));
  co_return response;
}

TEST_CASE("HTTP/2 with prior knowledge and HTTP/1.1 share a port") {
  Executor executor(2);
  RunningServer server(executor, echo);
  const auto client2 = http2_client(executor);
  const auto client1 = HttpClient::create(executor.any(), {}).value();
  const auto answer2 = get(executor, *client2, server.url("/"));
  REQUIRE_MESSAGE(answer2, answer2.error().message());
  CHECK(answer2->http_major == 2);
  CHECK(answer2->status_line == "200 OK");
  CHECK(answer2->body == fmt::format("2 GET {} ", server->address()));
  CHECK(get(executor, *client1, server.url("/")).value().body.starts_with("1 GET"));
}

TEST_CASE("a large body flows both ways over HTTP/2") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    auto body = co_await request.body->read_all(64 << 20);
    ServerResponse response;
    response.body = body ? *std::move(body) : body.error().message();
    co_return response;
  });
  const auto client = http2_client(executor);
  std::string body(20 << 20, 'b');
  for (size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
  Request request;
  request.method = "POST";
  request.url = server.url("/");
  request.body = body;
  const auto answer = wait_for(executor, client->fetch(std::move(request), StopToken{}));
  REQUIRE_MESSAGE(answer, answer.error().message());
  CHECK(answer->body == body);
}

TEST_CASE("a body that is too large is refused without reading it") {
  Executor executor(2);
  HttpServerOptions options;
  options.body_bytes_max = 100'000;
  RunningServer server(executor, echo, std::move(options));
  const auto client = http2_client(executor);
  const std::string body(5 << 20, 'x');
  Request request;
  request.method = "POST";
  request.url = server.url("/");
  request.body = body;
  const auto answer = wait_for(executor, client->fetch(std::move(request), StopToken{}));
  REQUIRE_MESSAGE(answer, answer.error().message());
  CHECK(answer->status == 413);
  CHECK(server.rejected(Rejection::body_too_large) == 1);
  CHECK(get(executor, *client, server.url("/"))->status == 200);
}

TEST_CASE("an answer is streamed over HTTP/2 while the client keeps up, and broken off visibly") {
  Executor executor(2);
  struct Parts {
    static Task<Result<void>> run(std::shared_ptr<BodyWriter> writer, bool breaks) {
      for (int i = 0; i < 100; ++i) CO_TRY(co_await writer->write(std::string(50'000, 'x')));
      if (breaks) co_return fail("lost");
      writer->set_trailers({{"grpc-status", "0"}});
      co_return Result<void>{};
    }
  };
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    response.stream = [breaks = request.path == "/broken"](std::shared_ptr<BodyWriter> writer) {
      return Parts::run(std::move(writer), breaks);
    };
    co_return response;
  });
  const auto client = http2_client(executor);
  CHECK(get(executor, *client, server.url("/")).value().body.size() == 5'000'000);
  CHECK(!get(executor, *client, server.url("/broken")));
}

TEST_CASE("a handler hears that its HTTP/2 client has gone") {
  Executor executor(2);
  std::atomic<bool> stopped = false;
  RunningServer server(executor, [&](ServerRequest request) -> Task<ServerResponse> {
    stopped = co_await sleep_for(10s, request.stop) == Wake::stopped;
    co_return ServerResponse{};
  });
  const auto client = http2_client(executor);
  CHECK(!get(executor, *client, server.url("/"), 100ms));
  for (int i = 0; i < 200 && !stopped; ++i) std::this_thread::sleep_for(10ms);
  CHECK(stopped);
}

TEST_CASE("requests and answers flow side by side on one HTTP/2 stream") {
  Executor executor(2);
  struct Echo {
    static Task<Result<void>> run(std::shared_ptr<BodyReader> in, std::shared_ptr<BodyWriter> out) {
      while (true) {
        CO_TRY(std::string piece, co_await in->read());
        if (piece.empty()) co_return Result<void>{};
        CO_TRY(co_await out->write(std::move(piece)));
      }
    }
  };
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    std::shared_ptr<BodyReader> body = std::move(request.body);
    response.stream = [body](std::shared_ptr<BodyWriter> writer) {
      return Echo::run(body, std::move(writer));
    };
    co_return response;
  });
  for (const bool http2 : {true, false}) {
    HttpClientOptions options;
    options.http2_prior_knowledge = http2;
    const auto client = HttpClient::create(executor.any(), std::move(options)).value();
    const std::string body(3 << 20, 'e');
    Request request;
    request.method = "POST";
    request.url = server.url("/");
    request.body = body;
    const auto answer = wait_for(executor, client->fetch(std::move(request), StopToken{}));
    REQUIRE_MESSAGE(answer, answer.error().message());
    CHECK(answer->body == body);
  }
}

TEST_CASE("garbage after the HTTP/2 preface ends the connection and is counted") {
  Executor executor(2);
  RunningServer server(executor, echo);
  RawConnection connection(server->port());
  connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(1000, '\xff'));
  connection.receive();
  for (int i = 0; i < 100 && server->stats().connections_open > 0; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  CHECK(server->stats().connections_open == 0);
}

TEST_CASE("silent HTTP/2 connections are closed, busy ones are drained on stop") {
  Executor executor(2);
  HttpServerOptions options;
  options.idle_timeout = 100ms;
  RunningServer server(
      executor,
      [](ServerRequest request) -> Task<ServerResponse> {
        if (request.path == "/slow") co_await sleep_for(300ms, StopToken{});
        co_return ServerResponse{.body = "done"};
      },
      std::move(options));
  const auto client = http2_client(executor);
  CHECK(get(executor, *client, server.url("/slow")).value().body == "done");
  for (int i = 0; i < 100 && server->stats().connections_open > 0; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  CHECK(server->stats().connections_open == 0);
  CHECK(get(executor, *client, server.url("/")).value().body == "done");
  std::thread stopper([&] {
    while (server->stats().requests_in_flight == 0) std::this_thread::sleep_for(1ms);
    server.stop();
  });
  CHECK(get(executor, *client, server.url("/slow")).value().body == "done");
  stopper.join();
}

}  // namespace
}  // namespace alloy::net
