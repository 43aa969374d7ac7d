#include <doctest/doctest.h>
#include <fmt/format.h>

#include "components/prometheus/exporter_blackbox/cookie_jar.h"
#include "components/prometheus/exporter_blackbox/dns_message.h"
#include "components/prometheus/exporter_blackbox/handler.h"
#include "net/http_server.h"
#include "net/url.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

std::string mistake(std::string_view yaml) {
  const auto modules = read_modules(yaml);
  return modules ? "" : modules.error().message();
}

TEST_CASE("prometheus.exporter.blackbox refuses modules it does not understand, with their line") {
  CHECK(mistake("modules: {a: {prober: http, timeout: 5s}}") == "");
  CHECK(mistake("") == "");
  CHECK(mistake("modules: {a: {prober: http, nonsense: 1}}") ==
        "yaml: unmarshal errors:\n  line 1: field nonsense not found in type config.plain");
  CHECK(mistake("modules:\n a:\n  timeout: soon\n  http:\n   fail_if_ssl: maybe") ==
        "yaml: unmarshal errors:\n  line 3: cannot unmarshal !!str `soon` into time.Duration\n"
        "  line 5: cannot unmarshal !!str `maybe` into bool");
  CHECK(mistake("modules: {a: {dns: {query_type: A}}}") == "query name must be set for DNS module");
  CHECK(mistake("modules: {a: {dns: {query_name: x, query_type: QQ}}}") ==
        "query type 'QQ' is not valid");
  CHECK(mistake("modules: {a: {icmp: {ttl: 256}}}") == "\"ttl\" cannot exceed 255");
  CHECK(mistake("modules: {a: {http: {body: a, body_file: b}}}") ==
        "setting body and body_file both are not allowed");
  CHECK(mistake("modules: {a: {http: {fail_if_body_matches_regexp: ['(']}}}") ==
        "\"Could not compile regular expression\" regexp=\"(\"");
  CHECK(mistake("modules: {a: {http: {compression: gzip, headers: {accept-encoding: 'br, "
                "gzip;q=0'}}}}")
            .starts_with("invalid configuration \"accept-encoding: br, gzip;q=0\""));
  CHECK(mistake("modules: {a: {http: {basic_auth: {username: a}, bearer_token: b}}}")
            .starts_with("at most one of basic_auth, oauth2"));
  CHECK(mistake("modules: [").starts_with("yaml: line "));
}

TEST_CASE("prometheus.exporter.blackbox gives up before the scrape does") {
  CHECK(probe_timeout("10", {}, 500ms) == 9500ms);
  CHECK(probe_timeout("10", 5s, 500ms) == 5s);
  CHECK(probe_timeout("10", 20s, 500ms) == 9500ms);
  CHECK(probe_timeout("", {}, 500ms) == 119500ms);
  CHECK(probe_timeout("0.1", 3s, 500ms) == 3s);
}

TEST_CASE("prometheus.exporter.blackbox spells DNS records as zone files do") {
  const auto question = write_dns_question({.id = 7, .name = "example.org", .type = 1});
  REQUIRE(question);
  std::string reply = *question;
  reply[2] = static_cast<char>(0x81);
  reply[3] = static_cast<char>(0x83);
  reply[7] = 3;
  const auto add = [&](std::string_view type_and_data) {
    reply += std::string("\xc0\x0c", 2);
    reply += std::string(1, '\0') + type_and_data[0] + std::string("\0\1\0\0\1\x2c\0", 7);
    reply += static_cast<char>(type_and_data.size() - 1);
    reply += type_and_data.substr(1);
  };
  add(std::string_view("\x10\3a\"b\1c", 7));              // TXT
  add(std::string_view("\x0f\0\x0a\4mail\xc0\x0c", 10));  // MX
  add(std::string_view("\x63\2hi", 4));                   // SPF
  const auto read = read_dns_reply(reply);
  REQUIRE(read);
  CHECK(read->id == 7);
  CHECK(read->answer_code == 3);
  REQUIRE(read->answer.size() == 3);
  CHECK(read->answer[0].text == "example.org.\t300\tIN\tTXT\t\"a\\\"b\" \"c\"");
  CHECK(read->answer[1].text == "example.org.\t300\tIN\tMX\t10 mail.example.org.");
  CHECK(read->answer[2].text == "example.org.\t300\tIN\tSPF\t\"hi\"");
  CHECK_FALSE(read_dns_reply(reply.substr(0, reply.size() - 1)));
  CHECK_FALSE(write_dns_question({.name = "a..b"}));
}

TEST_CASE("prometheus.exporter.blackbox sends cookies where they belong") {
  const auto url = [](std::string_view text) { return *net::parse_url(text); };
  CookieJar jar;
  jar.take(url("https://a.example.com/x/y"), {{"Set-Cookie", "one=1; Path=/"},
                                              {"Set-Cookie", "two=2; Domain=example.com; Secure"},
                                              {"Set-Cookie", "three=3; Domain=other.com"},
                                              {"Set-Cookie", "four=4; Domain=com"}});
  CHECK(jar.give(url("https://a.example.com/x/z")) == "one=1; two=2");
  CHECK(jar.give(url("https://b.example.com/x")) == "two=2");
  CHECK(jar.give(url("http://a.example.com/x")) == "one=1");
  CHECK(jar.give(url("https://com/")) == "");
  jar.take(url("https://a.example.com/"), {{"Set-Cookie", "one=; Path=/; Max-Age=0"}});
  CHECK(jar.give(url("http://a.example.com/")) == "");
}

// A health service: "here" serves, "away" does not, others are unknown.
Task<net::ServerResponse> health(net::ServerRequest request) {
  const auto message = co_await request.body->read_all(1 << 10);
  net::ServerResponse response;
  response.headers.set("Content-Type", "application/grpc");
  const bool is_here = message && message->contains("here");
  const bool is_away = message && message->contains("away");
  if (!is_here && !is_away) {
    response.headers.set("grpc-status", "5");
    co_return response;
  }
  const char status = is_here ? 1 : 2;
  response.stream = [status](std::shared_ptr<net::BodyWriter> writer) -> Task<Result<void>> {
    writer->set_trailers({{"grpc-status", "0"}});
    return writer->write(std::string("\0\0\0\0\2\x08", 6) + status);
  };
  co_return response;
}

// Serves while the test runs.
struct Server {
  explicit Server(Executor& e, net::Handler handler) : executor(e), group(e.any()) {
    auto made = net::HttpServer::create(executor.any(), {}, std::move(handler));
    REQUIRE(made);
    server = *std::move(made);
    group.spawn(server->run(stop.get_token()));
  }
  ~Server() {
    stop.request_stop();
    executor.run(group.join());
  }

  Executor& executor;
  std::unique_ptr<net::HttpServer> server;
  StopSource stop;
  TaskGroup group;
};

Task<> ask_into(std::shared_ptr<const Prober> prober, std::string query,
                net::ServerResponse* into) {
  net::ServerRequest request;
  request.query = std::move(query);
  *into = co_await answer(std::move(prober), std::move(request));
}

TEST_CASE("prometheus.exporter.blackbox asks gRPC servers for their health") {
  Executor executor{2};
  const Server server(executor, health);
  const auto ask = [&](const std::string& service) {
    auto modules = read_modules(fmt::format(
        "modules: {{a: {{prober: grpc, timeout: 10s, grpc: {{service: {}}}}}}}", service));
    REQUIRE(modules);
    auto prober =
        std::make_shared<const Prober>(Prober{.modules = *std::move(modules),
                                              .clients = std::make_shared<Clients>(executor.any()),
                                              .blocking = executor.blocking(),
                                              .user_agent = "x",
                                              .logger = {}});
    net::ServerResponse response;
    executor.run(ask_into(prober, "module=a&target=" + server.server->address(), &response));
    CHECK(response.status == 200);
    return response.body;
  };
  const std::string here = ask("here");
  CHECK(here.contains("\nprobe_success 1\n"));
  CHECK(here.contains("probe_grpc_healthcheck_response{serving_status=\"SERVING\"} 1\n"));
  CHECK(here.contains("probe_grpc_status_code 0\n"));
  const std::string away = ask("away");
  CHECK(away.contains("\nprobe_success 0\n"));
  CHECK(away.contains("probe_grpc_healthcheck_response{serving_status=\"NOT_SERVING\"} 1\n"));
  const std::string unknown = ask("nobody");
  CHECK(unknown.contains("\nprobe_success 0\n"));
  CHECK(unknown.contains("probe_grpc_status_code 5\n"));
}

}  // namespace
}  // namespace alloy::prometheus::exporter_blackbox
