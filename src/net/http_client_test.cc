#include "net/http_client.h"

#include <filesystem>
#include <thread>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <zlib.h>

#include "net/http_test_support.h"

namespace alloy::net {
namespace {

using namespace test;

std::unique_ptr<HttpClient> make_client(Executor& executor, HttpClientOptions options = {}) {
  return HttpClient::create(executor.any(), std::move(options)).value();
}

// Says what was asked: method, target, headers named, body.
Task<ServerResponse> echo(ServerRequest request) {
  ServerResponse response;
  const auto body = co_await request.body->read_all(64 << 20);
  response.body =
      fmt::format("{} {} auth={} agent={} custom={} body={}", request.method, request.target,
                  request.headers.get("Authorization"), request.headers.get("User-Agent"),
                  request.headers.get("X-Custom"), body ? *body : body.error().message());
  co_return response;
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_CASE("a request goes out with its headers and body and the answer comes back") {
  Executor executor(2);
  RunningServer server(executor, echo);
  HttpClientOptions options;
  options.user_agent = "Alloy/1 (linux; binary)";
  options.headers.add("X-Custom", "c");
  const auto client = make_client(executor, std::move(options));
  const std::string body = "payload";
  Request request;
  request.method = "POST";
  request.url = server.url("/a/b?x=1");
  request.body = body;
  const auto response = wait_for(executor, client->fetch(std::move(request), StopToken{}));
  REQUIRE_MESSAGE(response, response.error().message());
  CHECK(response->status == 200);
  CHECK(response->status_line == "200 OK");
  CHECK(response->body ==
        "POST /a/b?x=1 auth= agent=Alloy/1 (linux; binary) custom=c body=payload");
  CHECK(server->stats().requests_total == 1);
}

TEST_CASE("connections are kept alive") {
  Executor executor(2);
  RunningServer server(executor, echo);
  const auto client = make_client(executor);
  for (int i = 0; i < 20; ++i) REQUIRE(get(executor, *client, server.url("/")));
  CHECK(server->stats().requests_total == 20);
  CHECK(server->stats().connections_total == 1);
}

TEST_CASE("many requests run side by side") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    co_await sleep_for(100ms, request.stop);
    co_return ServerResponse{.body = request.target};
  });
  const auto client = make_client(executor);
  struct One {
    static Task<> fetch(HttpClient* client, std::string url, std::atomic<int>* good) {
      Request request;
      request.url = std::move(url);
      const auto response = co_await client->fetch(std::move(request), StopToken{});
      if (response && response->status == 200) ++*good;
    }
  };
  std::atomic<int> good = 0;
  TaskGroup group(executor.any());
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) {
    group.spawn(One::fetch(client.get(), server.url(fmt::format("/{}", i)), &good));
  }
  executor.run(group.join());
  CHECK(good == 200);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("a compressed body is decoded into the caller's buffer, which keeps its memory") {
  Executor executor(2);
  const std::string text(500'000, 'm');
  const std::string packed = gzipped(text);
  RunningServer server(executor, [&](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    CHECK(request.headers.get("Accept-Encoding") == "gzip");
    response.headers.add("Content-Encoding", "gzip");
    response.body = packed;
    co_return response;
  });
  const auto client = make_client(executor);
  std::string buffer;
  const char* memory = nullptr;
  for (int i = 0; i < 3; ++i) {
    Request request;
    request.url = server.url("/metrics");
    request.into = &buffer;
    const auto response = wait_for(executor, client->fetch(std::move(request), StopToken{}));
    REQUIRE(response);
    CHECK(response->body.empty());
    CHECK(response->wire_size == packed.size());
    CHECK(!response->headers.contains("Content-Encoding"));
    CHECK(buffer == text);
    if (i > 0) CHECK(buffer.data() == memory);
    memory = buffer.data();
  }
}

TEST_CASE("the limit on the body counts decoded bytes") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest) -> Task<ServerResponse> {
    ServerResponse response;
    response.headers.add("Content-Encoding", "gzip");
    response.body = gzipped(std::string(100'000, 'x'));
    co_return response;
  });
  const auto client = make_client(executor);
  Request request;
  request.url = server.url("/");
  request.body_size_max = 99'999;
  const auto response = wait_for(executor, client->fetch(std::move(request), StopToken{}));
  REQUIRE(!response);
  CHECK(response.error().message() == "body size limit exceeded");
  CHECK(response.error().kind() == ErrorKind::full);
}

TEST_CASE("failures read like those of Go's client") {
  Executor executor(2);
  const auto client = make_client(executor);
  uint16_t dead_port = 0;
  {
    RawServer server("", RawServer::After::close);
    dead_port = server.port();
  }
  const auto error_of = [&](std::string url, Duration timeout = 5s) {
    const auto response = get(executor, *client, std::move(url), timeout);
    return response ? "no error" : response.error().message();
  };
  CHECK(error_of(fmt::format("http://127.0.0.1:{}/x", dead_port)) ==
        fmt::format("Get \"http://127.0.0.1:{0}/x\": dial tcp 127.0.0.1:{0}: connect: connection "
                    "refused",
                    dead_port));
  CHECK(error_of("ftp://x/") == "Get \"ftp://x/\": unsupported protocol scheme \"ftp\"");
  CHECK(error_of("http:///x") == "Get \"http:///x\": http: no Host in request URL");
  {
    Request request;
    request.url = "http://127.0.0.1/";
    request.headers.add("X-A", "b\r\nX-C: d");
    CHECK(wait_for(executor, client->fetch(std::move(request), StopToken{})).error().message() ==
          "Get \"http://127.0.0.1/\": net/http: invalid header field value for \"X-A\"");
  }
  CHECK(error_of("http://x:y/") == "parse \"http://x:y/\": invalid port \":y\" after host");
  {
    RawServer server("", RawServer::After::close);
    CHECK(error_of(server.url("/")) == fmt::format("Get \"{}\": EOF", server.url("/")));
  }
  {
    RawServer server("garbage\r\n\r\n", RawServer::After::close);
    CHECK(error_of(server.url("/")) ==
          fmt::format("Get \"{}\": net/http: HTTP/1.x transport connection broken: malformed HTTP "
                      "response",
                      server.url("/")));
  }
  {
    RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
                     RawServer::After::close);
    CHECK(error_of(server.url("/")) == "unexpected EOF");
  }
  {
    RawServer server("", RawServer::After::keep_open);
    const auto response = get(executor, *client, server.url("/"), 100ms);
    REQUIRE(!response);
    CHECK(response.error().message() ==
          fmt::format("Get \"{}\": context deadline exceeded", server.url("/")));
    CHECK(response.error().kind() == ErrorKind::timeout);
  }
  {
    RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow",
                     RawServer::After::keep_open);
    CHECK(error_of(server.url("/"), 100ms) == "context deadline exceeded");
  }
}

TEST_CASE("an answer that breaks off or is none is an error") {
  Executor executor(2);
  const auto client = make_client(executor);
  const auto error_of = [&](const std::string& url) {
    const auto response = get(executor, *client, url);
    return response ? std::string("none") : std::string(response.error().message());
  };
  const std::pair<std::string, std::string> broken[] = {
      {"HTTP/1.1 200 OK\r\nConte", "unexpected EOF"},
      {"HTTP/1.1 200 OK\r\n", "unexpected EOF"},
      {"HTTP/1.1 abc\r\n\r\n", "malformed HTTP response"},
      {"HTTP/1.1 200 OK\r\nfoo\r\n\r\n", "malformed MIME header: missing colon"},
  };
  for (const auto& [answer, problem] : broken) {
    RawServer server(answer, RawServer::After::close);
    CHECK(error_of(server.url("/")) ==
          fmt::format("Get \"{}\": net/http: HTTP/1.x transport connection broken: {}",
                      server.url("/"), problem));
  }
  {
    RawServer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx",
                     RawServer::After::close);
    CHECK(error_of(server.url("/")) == "invalid byte in chunk length");
  }
  CHECK(error_of("http://127.0.0.1:99999/") ==
        "Get \"http://127.0.0.1:99999/\": dial tcp: address 99999: invalid port");
}

TEST_CASE("a name that does not exist is said so, soon") {
  Executor executor(2);
  const auto client = make_client(executor);
  const auto response = get(executor, *client, "http://no-such-host.invalid:80/", 3s);
  REQUIRE(!response);
  CHECK(response.error().message().starts_with("Get \"http://no-such-host.invalid:80/\": "));
}

TEST_CASE("asking to stop ends a request at once") {
  Executor executor(2);
  RawServer server("", RawServer::After::keep_open);
  const auto client = make_client(executor);
  StopSource stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  Request request;
  request.url = server.url("/");
  const auto start = std::chrono::steady_clock::now();
  const auto response = wait_for(executor, client->fetch(std::move(request), stop.get_token()));
  REQUIRE(!response);
  CHECK(response.error().kind() == ErrorKind::stopped);
  CHECK(std::chrono::steady_clock::now() - start < 2s);
}

TEST_CASE("redirects are followed, credentials stay with their host") {
  Executor executor(2);
  RunningServer other(executor, echo);
  RunningServer server(executor, [&](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    response.status = 302;
    if (request.path == "/near") response.headers.add("Location", "/end");
    if (request.path == "/far") {
      response.headers.add("Location", fmt::format("http://localhost:{}/x", other->port()));
    }
    if (request.path == "/loop") response.headers.add("Location", "/loop");
    if (request.path == "/end") {
      response.status = 200;
      response.body = request.headers.get("Authorization");
    }
    co_return response;
  });
  HttpClientOptions options;
  options.authorization = Authorization{.credentials = "t"};
  const auto client = make_client(executor, options);
  CHECK(get(executor, *client, server.url("/near")).value().body == "Bearer t");
  CHECK(get(executor, *client, server.url("/far")).value().body.contains("auth= "));
  CHECK(get(executor, *client, server.url("/loop")).error().message() ==
        "Get \"/loop\": stopped after 10 redirects");
  options.follow_redirects = false;
  const auto stubborn = make_client(executor, options);
  CHECK(get(executor, *stubborn, server.url("/near")).value().status == 302);
}

TEST_CASE("credentials come from options, the URL or a file that may change or be missing") {
  Executor executor(2);
  RunningServer server(executor, echo);
  const auto sent = [&](HttpClientOptions options, std::string url) {
    return get(executor, *make_client(executor, std::move(options)), std::move(url));
  };
  HttpClientOptions basic;
  basic.basic_auth = BasicAuth{.username = "u", .password = "p:w"};
  CHECK(sent(basic, server.url("/")).value().body.contains("auth=Basic dTpwOnc= "));
  HttpClientOptions key;
  key.authorization = Authorization{.type = "Key", .credentials = "c r"};
  CHECK(sent(key, server.url("/")).value().body.contains("auth=Key c r "));
  std::string with_user = server.url("/");
  with_user.insert(7, "who:sec%40ret@");
  CHECK(sent({}, with_user).value().body.contains("auth=Basic d2hvOnNlY0ByZXQ= "));
  HttpClientOptions file;
  file.authorization = Authorization{.credentials_file = "/nonexistent/token"};
  CHECK(sent(file, server.url("/")).error().message() ==
        fmt::format("Get \"{}\": unable to read authorization credentials: unable to read file "
                    "/nonexistent/token: open /nonexistent/token: no such file or directory",
                    server.url("/")));
}

TEST_CASE("a host can be answered in-process") {
  Executor executor(2);
  HttpClientOptions options;
  options.in_memory["alloy.internal:12345"] = [](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    response.body = fmt::format("{} {} {}", request.host, request.path, request.query);
    co_return response;
  };
  const auto client = make_client(executor, std::move(options));
  CHECK(get(executor, *client, "http://alloy.internal:12345/api/x?y=1").value().body ==
        "alloy.internal:12345 /api/x y=1");
}

TEST_CASE("a proxy gets the whole URL, hosts of no_proxy go past it") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    co_return ServerResponse{.body = request.host + " " + request.target};
  });
  HttpClientOptions options;
  options.proxy.url = server.url("");
  options.proxy.no_proxy = "127.0.0.1";
  const auto client = make_client(executor, options);
  CHECK(get(executor, *client, "http://made-up.invalid:8080/m").value().body ==
        "made-up.invalid:8080 /m");
  CHECK(get(executor, *client, server.url("/direct")).value().body ==
        server->address() + " /direct");
}

TEST_CASE("an OAuth2 token is fetched once and sent along") {
  Executor executor(2);
  std::atomic<int> tokens = 0;
  RunningServer server(executor, [&](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    if (request.path == "/token") {
      ++tokens;
      const auto body = co_await request.body->read_all(10'000);
      CHECK(*body == "audience=x+y&grant_type=client_credentials&scope=read+write+all");
      CHECK(request.headers.get("Authorization") == "Basic bWU6czNjcmV0JTI2");
      response.headers.add("Content-Type", "application/json");
      response.body = R"({"access_token": "issued", "token_type": "Bearer", "expires_in": 3600})";
    } else if (request.path == "/denied") {
      response.status = 401;
      response.body = R"({"error": "invalid_client"})";
    } else {
      response.body = request.headers.get("Authorization");
    }
    co_return response;
  });
  HttpClientOptions options;
  options.oauth2 = OAuth2{.client_id = "me",
                          .client_secret = "s3cret&",
                          .scopes = {"read", "write all"},
                          .token_url = server.url("/token"),
                          .endpoint_params = {{"audience", "x y"}}};
  const auto client = make_client(executor, options);
  for (int i = 0; i < 3; ++i) {
    CHECK(get(executor, *client, server.url("/")).value().body == "Bearer issued");
  }
  CHECK(tokens == 1);
  options.oauth2->token_url = server.url("/denied");
  const auto denied = make_client(executor, options);
  CHECK(get(executor, *denied, server.url("/")).error().message() ==
        fmt::format("Get \"{}\": oauth2: \"invalid_client\"", server.url("/")));
}

TEST_CASE("a body without end is broken off at the limit") {
  Executor executor(2);
  RawServer server("HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 20, 'x'),
                   RawServer::After::keep_open);
  const auto client = make_client(executor);
  Request request;
  request.url = server.url("/");
  request.body_size_max = 100'000;
  const auto response = wait_for(executor, client->fetch(std::move(request), StopToken{}));
  REQUIRE(!response);
  CHECK(response.error().message() == "body size limit exceeded");
}

TEST_CASE("a body can be received piece by piece and broken off") {
  Executor executor(2);
  RunningServer server(executor, [](ServerRequest request) -> Task<ServerResponse> {
    ServerResponse response;
    response.stream = [stop = request.stop](std::shared_ptr<BodyWriter> writer) {
      struct Endless {
        static Task<Result<void>> run(std::shared_ptr<BodyWriter> writer) {
          while (true) CO_TRY(co_await writer->write(std::string(1000, 'x')));
        }
      };
      return Endless::run(std::move(writer));
    };
    co_return response;
  });
  const auto client = make_client(executor);
  size_t received = 0;
  int status = 0;
  Request request;
  request.url = server.url("/");
  request.on_head = [&](const Response& head) -> Result<void> {
    status = head.status;
    return {};
  };
  request.on_body = [&](std::string_view piece) -> Result<void> {
    received += piece.size();
    if (received > 100'000) return fail("enough");
    return {};
  };
  const auto response = wait_for(executor, client->fetch(std::move(request), StopToken{}));
  REQUIRE(!response);
  CHECK(response.error().message() == "enough");
  CHECK(status == 200);
}

TEST_CASE("the client connects to a socket of the machine instead of the URL's host") {
  namespace local = boost::asio::local;
  std::string folder = (std::filesystem::temp_directory_path() / "socket.XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/s";
  boost::asio::io_context io;
  local::stream_protocol::acceptor acceptor(io, local::stream_protocol::endpoint(path));
  std::thread server([&] {
    local::stream_protocol::socket socket(io);
    acceptor.accept(socket);
    std::string head(1024, '\0');
    head.resize(socket.read_some(boost::asio::buffer(head)));
    const std::string body = head.substr(0, head.find('\r'));
    const std::string answer = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.size(), body);
    boost::asio::write(socket, boost::asio::buffer(answer));
  });
  Executor executor(1);
  HttpClientOptions options;
  options.unix_socket = path;
  options.proxy.url = "http://nobody.invalid:1";
  const auto client = make_client(executor, std::move(options));
  const auto response = get(executor, *client, "http://localhost/v1/things");
  server.join();
  std::filesystem::remove_all(folder);
  REQUIRE(response);
  CHECK(response->body == "GET /v1/things HTTP/1.1");
}

}  // namespace
}  // namespace alloy::net
