#include "components/shared/kubernetes/connection.h"

#include <doctest/doctest.h>

#include "components/shared/kubernetes/informer.h"

namespace alloy::kubernetes {

TEST_CASE("a kubeconfig's current context says where and as whom") {
  const auto connection = parse_kubeconfig(R"(
current-context: b
contexts:
- {name: a, context: {cluster: x, user: x}}
- {name: b, context: {cluster: c, user: u, namespace: ns}}
clusters:
- name: c
  cluster:
    server: https://1.2.3.4:6443/
    certificate-authority-data: Q0E=
    tls-server-name: api
users:
- name: u
  user: {client-certificate: certs/u.pem, client-key: /abs/u.key, token: t}
)",
                                           "/etc/kube");
  REQUIRE(connection);
  CHECK(connection->url == "https://1.2.3.4:6443");
  CHECK(connection->name_space == "ns");
  CHECK(connection->client.tls.ca_pem == "CA");
  CHECK(connection->client.tls.server_name == "api");
  CHECK(connection->client.tls.cert_file == "/etc/kube/certs/u.pem");
  CHECK(connection->client.tls.key_file == "/abs/u.key");
  CHECK(connection->client.authorization->credentials == "t");
}

TEST_CASE("kubeconfigs that can't work are refused") {
  const auto refusal = [](const std::string& text) {
    return parse_kubeconfig(text, "").error().message();
  };
  CHECK(refusal("{}") == "invalid configuration: no configuration has been provided");
  CHECK(refusal("current-context: x") == "context \"x\" does not exist");
  CHECK(refusal(R"(
current-context: x
contexts: [{name: x, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: http://x}}]
users: [{name: u, user: {exec: {command: aws}}}]
)") == "users that authenticate with exec are not supported");
}

TEST_CASE("an error in a watch says what the server says") {
  const auto event = parse_watch_event(
      R"x({"type":"ERROR","object":{"code":410,"message":"too old resource version: 1 (2)"}})x",
      pod_type);
  CHECK(event.error().kind() == ErrorKind::not_found);
  CHECK(event.error().message() == "too old resource version: 1 (2)");
  CHECK_FALSE(parse_watch_event(R"({"type":"ADDED","object":{"spec":5}})", pod_type));
}

}  // namespace alloy::kubernetes
