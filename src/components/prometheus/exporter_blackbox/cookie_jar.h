// The cookies of one chain of redirects (RFC 6265, as far as a chain of that length can tell).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "net/url.h"

namespace alloy::prometheus::exporter_blackbox {

class CookieJar {
 public:
  // Keeps what the answer from `url` sets.
  void take(const net::Url& url, const net::Headers& answer);
  // The Cookie field of a request; empty: none.
  std::string give(const net::Url& url) const;

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    bool is_for_subdomains = false;
    std::string path;
    bool is_secure = false;
  };
  std::vector<Cookie> cookies_;
};

}  // namespace alloy::prometheus::exporter_blackbox
