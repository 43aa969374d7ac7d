#include "components/shared/shared_http_clients.h"

#include <set>

#include <doctest/doctest.h>

#include "base/executor.h"

namespace alloy {
namespace {

struct Fixture {
  Executor executor{1};
  SharedHttpClients clients{2};

  std::shared_ptr<net::HttpClient> get(const HttpClientArguments& arguments) {
    const auto make = [&]() -> Result<std::shared_ptr<net::HttpClient>> {
      return net::HttpClient::create(executor.any(), arguments.options("test"));
    };
    auto client = clients.get(arguments, make);
    REQUIRE(client.has_value());
    return *client;
  }
};

TEST_CASE("equal arguments share a bounded number of clients") {
  Fixture fixture;
  std::vector<std::shared_ptr<net::HttpClient>> held;
  std::set<net::HttpClient*> distinct;
  for (int i = 0; i < 10; ++i) {
    held.push_back(fixture.get({}));
    distinct.insert(held.back().get());
  }
  CHECK(distinct.size() == 2);
}

TEST_CASE("different credentials never share a client") {
  Fixture fixture;
  HttpClientArguments first;
  first.basic_auth = BasicAuthArguments{.username = "a", .password = Secret("x")};
  HttpClientArguments second = first;
  second.basic_auth->password = Secret("y");
  const auto one = fixture.get(first);
  const auto other = fixture.get(second);
  CHECK(one != other);
  CHECK(one->options().basic_auth->password == "x");
  CHECK(other->options().basic_auth->password == "y");
}

TEST_CASE("a client that nobody holds is not kept") {
  Fixture fixture;
  const std::weak_ptr<net::HttpClient> gone = fixture.get({});
  CHECK(gone.expired());
}

}  // namespace
}  // namespace alloy
