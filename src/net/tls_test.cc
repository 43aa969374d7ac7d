// TLS between our client and our server, with certificates made by the openssl program.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "net/http_test_support.h"

namespace alloy::net {
namespace {

using namespace test;

// A directory with an authority (ca.pem) and certificates it has signed.
class Certificates {
 public:
  Certificates() {
    std::string name = "/tmp/alloy-tls-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    directory_ = name;
    run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca "
        "-keyout ca.key -out ca.pem");
    make("server", "DNS:localhost,DNS:other.example,IP:127.0.0.1");
    make("client", "DNS:client");
  }
  ~Certificates() { std::filesystem::remove_all(directory_); }

  // NAME.pem and NAME.key, for NAME as the subject.
  void make(const std::string& name, const std::string& alternatives,
            const std::string& subject = "") {
    std::ofstream(path("extensions")) << "subjectAltName=" << alternatives << "\n";
    run(
        fmt::format("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={} -keyout "
                    "{}.key -out request",
                    subject.empty() ? name : subject, name));
    run(
        fmt::format("x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 "
                    "-extfile extensions -out {}.pem",
                    name));
  }
  std::string path(std::string_view file) const { return fmt::format("{}/{}", directory_, file); }

  TlsServerOptions server() const {
    TlsServerOptions options;
    options.cert_file = path("server.pem");
    options.key_file = path("server.key");
    return options;
  }
  HttpClientOptions client() const {
    HttpClientOptions options;
    options.tls.ca_file = path("ca.pem");
    return options;
  }

 private:
  void run(const std::string& arguments) {
    const std::string command =
        fmt::format("cd {} && openssl {} > log 2>&1", directory_, arguments);
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
  }
  std::string directory_;
};

Task<ServerResponse> echo(ServerRequest request) {
  co_return ServerResponse{.body = fmt::format("{} {} {} {}", request.http_major, request.scheme,
                                               request.host, request.client_common_name)};
}

HttpServerOptions with(TlsServerOptions tls) {
  HttpServerOptions options;
  options.tls = std::move(tls);
  return options;
}

std::string https(RunningServer& server, std::string_view host = "127.0.0.1") {
  return fmt::format("https://{}:{}/", host, server->port());
}

std::string outcome(Executor& executor, const HttpClientOptions& options, std::string url) {
  const auto client = HttpClient::create(executor.any(), options).value();
  const auto answer = get(executor, *client, std::move(url));
  return answer ? answer->body : answer.error().message();
}

TEST_CASE("a verified connection speaks HTTP/2 unless that is switched off") {
  Executor executor(2);
  const Certificates certificates;
  RunningServer server(executor, echo, with(certificates.server()));
  const std::string host = fmt::format("127.0.0.1:{}", server->port());
  HttpClientOptions options = certificates.client();
  CHECK(outcome(executor, options, https(server)) == fmt::format("2 https {} ", host));
  options.enable_http2 = false;
  CHECK(outcome(executor, options, https(server)) == fmt::format("1 https {} ", host));
}

TEST_CASE("many HTTP/2 requests share a connection, one after the other and side by side") {
  Executor executor(2);
  const Certificates certificates;
  RunningServer server(
      executor,
      [](ServerRequest request) -> Task<ServerResponse> {
        co_await sleep_for(20ms, request.stop);
        co_return ServerResponse{.body = request.target};
      },
      with(certificates.server()));
  const auto client = HttpClient::create(executor.any(), certificates.client()).value();
  for (int i = 0; i < 5; ++i) REQUIRE(get(executor, *client, https(server)));
  struct One {
    static Task<> fetch(HttpClient* client, std::string url, std::atomic<int>* good) {
      Request request;
      request.url = url;
      const auto answer = co_await client->fetch(std::move(request), StopToken{});
      if (answer && url.ends_with(answer->body)) ++*good;
    }
  };
  std::atomic<int> good = 0;
  TaskGroup group(executor.any());
  for (int i = 0; i < 100; ++i) {
    group.spawn(One::fetch(client.get(), fmt::format("{}{}", https(server), i), &good));
  }
  executor.run(group.join());
  CHECK(good == 100);
  CHECK(server->stats().connections_total == 1);
}

TEST_CASE("a server that can't be verified is refused with Go's words") {
  Executor executor(2);
  const Certificates certificates;
  RunningServer server(executor, echo, with(certificates.server()));
  const std::string url = https(server);
  HttpClientOptions options;
  CHECK(outcome(executor, options, url) ==
        fmt::format("Get \"{}\": tls: failed to verify certificate: x509: certificate signed by "
                    "unknown authority",
                    url));
  options.tls.insecure_skip_verify = true;
  CHECK(outcome(executor, options, url).starts_with("2 https"));
  options = certificates.client();
  options.tls.server_name = "wrong.example";
  CHECK(outcome(executor, options, url) ==
        fmt::format("Get \"{}\": tls: failed to verify certificate: x509: certificate is not valid "
                    "for wrong.example",
                    url));
  options.tls.server_name = "other.example";
  CHECK(outcome(executor, options, url) == fmt::format("2 https 127.0.0.1:{} ", server->port()));
  options.tls.ca_file = certificates.path("missing.pem");
  CHECK(outcome(executor, options, url) ==
        fmt::format("Get \"{0}\": unable to read CA cert: unable to read file {1}: open {1}: no "
                    "such file or directory",
                    url, options.tls.ca_file));
}

TEST_CASE("client certificates are demanded, verified and named to the handler") {
  Executor executor(2);
  const Certificates certificates;
  TlsServerOptions tls = certificates.server();
  tls.client_ca_file = certificates.path("ca.pem");
  tls.client_auth = ClientAuth::require_and_verify_client_cert;
  RunningServer server(executor, echo, with(tls));
  HttpClientOptions options = certificates.client();
  CHECK(outcome(executor, options, https(server)) ==
        fmt::format("Get \"{}\": remote error: tls: certificate required", https(server)));
  options.tls.cert_file = certificates.path("client.pem");
  options.tls.key_file = certificates.path("client.key");
  CHECK(outcome(executor, options, https(server)) ==
        fmt::format("2 https 127.0.0.1:{} client", server->port()));
}

TEST_CASE("plain HTTP to a TLS port and TLS to a plain port are said to be that") {
  Executor executor(2);
  const Certificates certificates;
  RunningServer secure(executor, echo, with(certificates.server()));
  RawConnection connection(secure->port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(connection.receive() ==
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
  CHECK(secure.rejected(Rejection::tls_handshake) == 1);
  RunningServer plain(executor, echo);
  CHECK(outcome(executor, certificates.client(), https(plain)) ==
        fmt::format("Get \"{}\": tls: first record does not look like a TLS handshake",
                    https(plain)));
}

TEST_CASE("a TLS version too low for the client is refused") {
  Executor executor(2);
  const Certificates certificates;
  TlsServerOptions tls = certificates.server();
  tls.max_version = TlsVersion::tls12;
  RunningServer server(executor, echo, with(tls));
  HttpClientOptions options = certificates.client();
  CHECK(outcome(executor, options, https(server)).starts_with("2 https"));
  options.tls.min_version = TlsVersion::tls13;
  CHECK(outcome(executor, options, https(server)).contains("protocol version"));
}

TEST_CASE("a renewed certificate is used, a broken one is not, and TLS can be switched") {
  Executor executor(2);
  Certificates certificates;
  RunningServer server(executor, echo, with(certificates.server()));
  HttpClientOptions old_name = certificates.client();
  old_name.tls.server_name = "other.example";
  HttpClientOptions new_name = certificates.client();
  new_name.tls.server_name = "renewed.example";
  CHECK(outcome(executor, old_name, https(server)).starts_with("2 https"));
  std::ofstream(certificates.path("server.pem")) << "broken";
  for (int i = 0; i < 100 && server.rejected(Rejection::tls_handshake) == 0; ++i) {
    CHECK(outcome(executor, old_name, https(server)).starts_with("2 https"));
    std::this_thread::sleep_for(20ms);
  }
  CHECK(server.rejected(Rejection::tls_handshake) > 0);
  certificates.make("server", "DNS:renewed.example");
  std::string last;
  for (int i = 0; i < 100 && !last.starts_with("2 https"); ++i) {
    last = outcome(executor, new_name, https(server));
    std::this_thread::sleep_for(20ms);
  }
  CHECK(last.starts_with("2 https"));
  REQUIRE(server->set_tls(std::nullopt));
  CHECK(outcome(executor, {}, server.url("/")).starts_with("1 http "));
  TlsServerOptions missing = certificates.server();
  missing.key_file = certificates.path("nowhere");
  CHECK(server->set_tls(missing).error().message() ==
        fmt::format("open {}: no such file or directory", missing.key_file));
}

}  // namespace
}  // namespace alloy::net
