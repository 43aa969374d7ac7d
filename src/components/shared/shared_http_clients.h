// HTTP clients for many components that say the same about them: thousands of prometheus.scrape
// with the default options need a few clients, not one each. A service; the program has one.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "components/shared/http_client_arguments.h"
#include "net/http_client.h"

namespace alloy {

// From any thread.
class SharedHttpClients {
 public:
  // Equal options share at most `each` clients, in turn: the work of one client is on one strand.
  explicit SharedHttpClients(size_t each) : each_(each) {}

  // A client with these arguments, alive as long as somebody holds it; `make` makes a new one. All
  // callers must make the same of the same arguments.
  Result<std::shared_ptr<net::HttpClient>> get(
      const HttpClientArguments& arguments,
      const std::function<Result<std::shared_ptr<net::HttpClient>>()>& make);

 private:
  struct Entry {
    HttpClientArguments arguments;
    std::vector<std::weak_ptr<net::HttpClient>> clients;
    size_t next = 0;
  };
  Entry& entry(const HttpClientArguments& arguments);

  const size_t each_;
  std::mutex mutex_;                                // Guards everything below.
  std::unordered_multimap<size_t, Entry> entries_;  // By a hash of the credentials.
  size_t size_checked_ = 64;
};

}  // namespace alloy
