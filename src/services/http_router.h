// Which handler answers which request: the routes of the program's HTTP server, in the order they
// were added.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace alloy {

class HttpRouter {
 public:
  // Answers exactly this path; with methods, only those.
  void add(std::string path, net::Handler handler, std::vector<std::string> methods = {});
  // Answers every path that begins with `prefix`; the handler still sees the whole path.
  void add_prefix(std::string prefix, net::Handler handler);

  // What to do with a request whose path matches but whose method does not: on to the next route
  // (and at last to 404), or 405 at once.
  enum class WrongMethod : unsigned char { falls_through, refused };
  void set_wrong_method(WrongMethod answer) { wrong_method_ = answer; }

  // Redirects a path with doubled slashes or dots to its clean form, else asks the first matching
  // route; without one the answer is 404.
  Task<net::ServerResponse> handle(net::ServerRequest request) const;

 private:
  struct Route {
    std::string path;
    bool is_prefix;
    std::vector<std::string> methods;  // Empty: any.
    net::Handler handler;

    bool matches(std::string_view path) const;
    bool allows(std::string_view method) const;
  };
  std::vector<Route> routes_;
  WrongMethod wrong_method_ = WrongMethod::falls_through;
};

// The path without doubled slashes, "." and ".."; a slash at the end stays.
std::string clean_path(std::string_view path);

// The answer Go's http.NotFound gives.
net::ServerResponse page_not_found();
// A plain-text answer exactly as given.
net::ServerResponse plain_text(int status, std::string text);

// The value of a parameter in a query ("a=1&b=2"), unescaped; the first one counts.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

}  // namespace alloy
