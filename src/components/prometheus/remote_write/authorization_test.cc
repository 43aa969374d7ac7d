// How prometheus.remote_write proves who it is: AWS, Azure, Google.
#include "net/authorization.h"

#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/text.h"
#include "component/component_harness.h"
#include "components/prometheus/remote_write/arguments.h"
#include "components/prometheus/remote_write/azure_token.h"
#include "components/prometheus/remote_write/google_token.h"
#include "components/shared/json.h"
#include "components/shared/outgoing/test_endpoint.h"
#include "net/signing.h"
#include "net/url.h"

namespace alloy {

extern const ComponentType prometheus_remote_write;

namespace prometheus::remote_write {
namespace {

struct Fixture {
  SeriesStore store;
  ComponentHarness harness{prometheus_remote_write};
  outgoing::TestEndpoint endpoint{harness.executor()};
  SeriesRef series;

  Fixture() {
    harness.services().add<SeriesStore>(store);
    const std::vector<Label> labels = {{"__name__", "m"}};
    series = store.intern(labels);
  }
  void start(const std::string& url, const std::string& more) {
    const auto updated =
        harness.update(fmt::format("endpoint {{\nurl = \"{}\"\n{}\n}}", url, more));
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
    harness.start();
    const Sample sample{series.get(), 1'900'000'000'000, 1};
    REQUIRE(harness.exports<Exports>()->receiver->receive({.samples = {&sample, 1}}));
    REQUIRE(harness.wait_until([&] {
      if (!endpoint.bodies().empty()) return true;
      harness.clock().advance(1s);
      return false;
    }));
  }
};

// Sets a variable of the environment while it lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

// Issues tokens and remembers what it was asked.
class TokenServer {
 public:
  explicit TokenServer(Executor& executor) : executor_(executor), tasks_(executor.any()) {
    auto server = net::HttpServer::create(executor.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~TokenServer() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  std::string url() const { return "http://" + server_->address(); }
  std::string asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  static Task<net::ServerResponse> answer(TokenServer* self, net::ServerRequest request) {
    const auto body = co_await request.body->read_all(1 << 20);
    const std::lock_guard lock(self->mutex_);
    self->asked_ = fmt::format("{} {} {}", request.method, request.target, body.value_or(""));
    co_return net::ServerResponse{
        .headers = {{"Content-Type", "application/json"}},
        .body = R"({"access_token":"secret-1","token_type":"Bearer","expires_in":"3599"})"};
  }

  Executor& executor_;
  TaskGroup tasks_;
  StopSource stop_;
  std::unique_ptr<net::HttpServer> server_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::string asked_;
};

TEST_CASE("requests for AWS are signed") {
  Fixture f;
  f.start(f.endpoint.url(),
          "sigv4 {\nregion = \"eu-west-1\"\naccess_key = \"AKID\"\nsecret_key = \"SECRET\"\n}");
  const auto headers = f.endpoint.headers();
  const std::string& authorization = headers.at("authorization");
  CHECK(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"));
  CHECK(
      authorization.contains("/eu-west-1/aps/aws4_request, SignedHeaders=content-encoding;"
                             "content-length;content-type;host;x-amz-date;"
                             "x-prometheus-remote-write-version, Signature="));
  CHECK(headers.contains("x-amz-date"));
}

TEST_CASE("an application of Azure gets a token for its secret, and one for all requests") {
  Fixture f;
  TokenServer authority(f.harness.executor());
  const Environment host("AZURE_AUTHORITY_HOST", authority.url());
  f.start(f.endpoint.url(),
          "azuread {\noauth {\nclient_id = \"c\"\nclient_secret = \"s\"\ntenant_id = \"t\"\n}\n}");
  CHECK(f.endpoint.headers().at("authorization") == "Bearer secret-1");
  CHECK(authority.asked() ==
        "POST /t/oauth2/v2.0/token client_id=c&client_secret=s&grant_type=client_credentials&"
        "scope=https%3A%2F%2Fmonitor.azure.com%2F%2F.default");
}

TEST_CASE("identities of Azure's machines ask the machine") {
  AzureAdArguments arguments;
  arguments.managed_identity = ManagedIdentityArguments{.client_id = "c"};
  arguments.cloud = "AzureGovernment";
  const auto request = make_azure_request(arguments);
  REQUIRE(request);
  CHECK(request->method == "GET");
  CHECK(request->url ==
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&"
        "client_id=c&resource=https%3A%2F%2Fmonitor.azure.us%2F");
  CHECK(request->headers.get("Metadata") == "true");
  arguments.managed_identity.reset();
  arguments.workload_identity =
      WorkloadIdentityArguments{.client_id = "c", .tenant_id = "t", .token_file_path = "/none"};
  CHECK(make_azure_request(arguments).error().message().contains("no such file"));
}

// Made for this test, and worth nothing.
constexpr std::string_view private_key = R"(-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAOKtyZVdOF6Gr+51
HfpXe6nuPgRQuqRzEzXGpRjOYEdENtG/SIE+5xzAAbiUTQePNAhdaXq685EVwG51
aPg6lwtdgk3c7HqduJ0W/Owrx4kocVA+q8wrTZtiIUM10tKfRqyAsYjp2yCTME7w
oVoz586UDaoZCDAJBrnygqglnEQRAgMBAAECgYAYWLAhEc0fIfo9c2jP3ZuTqdoR
XpZdWVrD2N0cp/XhUatNpezkrNvn05ubtpn7aN8e0uGkY/YLLDnp40Rt/OUCCL7N
Z0HkLkZfc9eILB8feUYogJHvV35n/FXdHfK55cloO99kxmpTPtASF6yyWzTFWtJq
MEeV15ldnooAIVEozQJBAPFXNRC/Xduklmlk4KHqzj3Klngep2IlxVFdDaOwYoR2
JvqAcMK9wwyE7esfJwb59t7dtvnpWp+BzoP3zQVUQDMCQQDwcpevpwEvPLuRlyv0
qqo+ySOCc/rM8nc5nTSYgTh6asLLoiQyo9VIk4+VNZsoTjxkM83taZp87r6znt7u
6xarAkAZXIe4DdQoK8CerLoqaclolux/DQGb/8ofhb7UL8n6j4wDERJIdLaVjzaN
WcW5JvV5cCU1V/9s+bAhEB5cbAEfAkEAzJaEcGXmQR4o7tk1AmpQjzmvqCktBkNs
pK4ZeYXB24+JjaC5sgjqymUb77Z7/ZCMHCpkFpUbaR/vTYBpadrIHwJBAIG/9NQQ
rETGfu/FQ8z7W4p/BBPRk+AYY4BYElEegPkl6QAo54tHyrMV4nxWk9RnDwkh2gMW
h3q0NCviFmCUdy0=
-----END PRIVATE KEY-----
)";

struct GoogleKey {
  std::string path = fmt::format("{}/alloy-google-{}.json",
                                 std::filesystem::temp_directory_path().string(), getpid());

  explicit GoogleKey(const std::string& token_url) {
    std::string pem;
    append_json_string(pem, private_key);
    std::ofstream(path) << fmt::format(
        R"({{"type":"service_account","client_email":"me@x","private_key_id":"k1",)"
        R"("private_key":{},"token_uri":"{}"}})",
        pem, token_url);
  }
  ~GoogleKey() { std::filesystem::remove(path); }
  // Whether this is a signature of the text by this key: there is only one.
  static bool verifies(std::string_view text, std::string_view base64_url) {
    std::string base64(base64_url);
    for (char& c : base64) {
      if (c == '-') c = '+';
      if (c == '_') c = '/';
    }
    while (base64.size() % 4 != 0) base64 += '=';
    const auto expected = net::sign_rs256(text, private_key);
    return expected && net::encode_base64(*expected) == base64;
  }
};

TEST_CASE("the key of a Google service account signs for a token") {
  Fixture f;
  TokenServer issuer(f.harness.executor());
  const GoogleKey key(issuer.url() + "/token");
  f.start(f.endpoint.url(), fmt::format("google_iam {{\ncredentials_file = \"{}\"\n}}", key.path));
  CHECK(f.endpoint.headers().at("authorization") == "Bearer secret-1");
  const std::string asked = issuer.asked();
  REQUIRE(asked.starts_with("POST /token "));
  const auto form = net::parse_query(asked.substr(12));
  std::string assertion;
  std::string grant;
  for (const auto& [name, value] : form) {
    if (name == "assertion") assertion = value;
    if (name == "grant_type") grant = value;
  }
  CHECK(grant == "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const size_t dot = assertion.rfind('.');
  REQUIRE(dot != std::string::npos);
  CHECK(key.verifies(assertion.substr(0, dot), assertion.substr(dot + 1)));
  CHECK_FALSE(key.verifies("something else", assertion.substr(dot + 1)));
}

TEST_CASE("credentials of Google that can't be used say why") {
  CHECK(make_google_request("/none", {}).error().message().contains("no such file"));
  const GoogleKey key("x");
  std::ofstream(key.path) << R"({"type":"external_account"})";
  CHECK(make_google_request(key.path, {}).error().message().contains("\"external_account\""));
  std::ofstream(key.path) << R"({"type":"service_account","private_key":"none"})";
  CHECK(make_google_request(key.path, {})
            .error()
            .message()
            .contains("the private key can't be read"));
  std::ofstream(key.path) << R"({"type":"authorized_user","refresh_token":"r"})";
  CHECK(make_google_request(key.path, {})->body.contains("refresh_token=r"));
}

TEST_CASE("round_robin_dns sends to the addresses of the host") {
  Fixture f;
  std::string url = f.endpoint.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  const Environment no_proxy("no_proxy", "*");
  f.start(url, "round_robin_dns = true");
  CHECK(f.endpoint.headers().at("host").starts_with("localhost:"));
}

}  // namespace
}  // namespace prometheus::remote_write
}  // namespace alloy
