#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/remote/vault/client.h"
#include "net/http_server.h"
#include "values/secret.h"

namespace alloy {

extern const ComponentType remote_vault;

namespace {

// Answers by method and path, and keeps what it was asked.
class Server {
 public:
  Server() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~Server() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  void set(const std::string& request, int status, std::string body) {
    const std::lock_guard lock(mutex_);
    answers_[request] = {status, std::move(body)};
  }
  size_t count(const std::string& request) const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::ranges::count(requests_, request));
  }
  std::string url() const { return "http://" + server_->address(); }

 private:
  static Task<net::ServerResponse> answer(Server* self, net::ServerRequest request) {
    const auto body = co_await request.body->read_all(1 << 20);
    const std::string asked = fmt::format("{} {}", request.method, request.target);
    const std::lock_guard lock(self->mutex_);
    self->requests_.push_back(
        fmt::format("{} {} {}", asked, request.headers.get("X-Vault-Token"), body.value_or("")));
    const auto found = self->answers_.find(asked);
    if (found == self->answers_.end()) co_return net::ServerResponse{.status = 404};
    co_return net::ServerResponse{.status = found->second.first, .body = found->second.second};
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards the next two.
  std::map<std::string, std::pair<int, std::string>> answers_;
  std::vector<std::string> requests_;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

std::string secret_with(std::string_view password) {
  return fmt::format(R"({{"request_id": "1", "data": {{"data": {{"p": "{}", "n": 1}}}}}})",
                     password);
}

std::string password_of(const ComponentHarness& harness) {
  const Value exports = harness.exports_value();
  if (!exports.is_object()) return "";
  const Value* data = exports.as_object()->find("data");
  return data->as_object()->find("p")->secret()->text();
}

}  // namespace

TEST_CASE("remote.vault logs in, renews its token, and logs in again when that fails") {
  Server server;
  server.set("PUT /v1/auth/userpass/login/u", 200,
             R"({"auth": {"client_token": "t", "renewable": true, "lease_duration": 300}})");
  server.set("PUT /v1/auth/token/renew-self", 200,
             R"({"auth": {"client_token": "t", "renewable": true, "lease_duration": 300}})");
  server.set("GET /v1/secret/data/a", 200, secret_with("one"));
  ComponentHarness harness(remote_vault);
  REQUIRE(harness.update(fmt::format(R"(server = "{}"
path   = "secret/a"
auth.userpass {{
  username = "u"
  password = "w"
}}
client_options {{
  max_retries = 0
}})",
                                     server.url())));
  const std::string login = R"(PUT /v1/auth/userpass/login/u  {"password":"w"})";
  const std::string renewal = "PUT /v1/auth/token/renew-self t {}";
  CHECK(password_of(harness) == "one");
  CHECK(server.count(login) == 1);
  CHECK(server.count("GET /v1/secret/data/a t ") == 1);
  harness.start();
  const auto pass = [&](Duration time) {
    CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
    harness.clock().advance(time);
  };
  pass(200s);
  CHECK(harness.wait_until([&] { return server.count(renewal) == 1; }));
  server.set("PUT /v1/auth/token/renew-self", 403, R"({"errors": ["no"]})");
  pass(200s);
  CHECK(harness.wait_until([&] { return server.count(renewal) == 2; }));
  pass(70s);
  CHECK(harness.wait_until([&] { return server.count(login) == 2; }));
  CHECK(harness.health().state == HealthState::healthy);
}

TEST_CASE("remote.vault keeps the last secret while it can't be read") {
  Server server;
  server.set("GET /v1/secret/data/a", 200, secret_with("one"));
  ComponentHarness harness(remote_vault);
  REQUIRE(harness.update(fmt::format(R"(server = "{}"
path             = "secret/a"
reread_frequency = "1m"
auth.token {{
  token = "t"
}}
client_options {{
  max_retries = 0
}})",
                                     server.url())));
  harness.start();
  const auto pass = [&] {
    CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
    harness.clock().advance(1min);
  };
  server.set("GET /v1/secret/data/a", 403, R"({"errors": ["permission denied"]})");
  pass();
  CHECK(harness.wait_until([&] { return harness.health().state == HealthState::unhealthy; }));
  CHECK(harness.health().message ==
        fmt::format("failed to retrieve token: error encountered while reading secret at "
                    "secret/data/a: Error making API request.\n\nURL: GET {}/v1/secret/data/a\n"
                    "Code: 403. Errors:\n\n* permission denied",
                    server.url()));
  CHECK(password_of(harness) == "one");
  server.set("GET /v1/secret/data/a", 200, secret_with("two"));
  pass();
  CHECK(harness.wait_until([&] { return password_of(harness) == "two"; }));
}

TEST_CASE("an answer of Vault is read as far as it goes") {
  using remote::vault::parse_answer;
  using remote::vault::Wrapping;
  const auto answer = parse_answer(
      R"({"lease_id": "l", "lease_duration": 60, "renewable": true, "auth": null,
          "warnings": ["w"], "data": {"data": {"a": "b", "c": []}}})",
      Wrapping::key_value);
  REQUIRE(answer);
  CHECK(answer->lease == 1min);
  CHECK(answer->is_renewable);
  CHECK(answer->data == std::map<std::string, std::string>{{"a", "b"}});
  CHECK(answer->others == std::vector<std::string>{"c"});
  CHECK(answer->warnings == std::vector<std::string>{"w"});
  CHECK_FALSE(parse_answer("[", Wrapping::none));
  CHECK_FALSE(parse_answer(R"({"lease_duration": "x"})", Wrapping::none));
}

}  // namespace alloy
