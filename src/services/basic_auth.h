// Who may talk to the HTTP server: the `auth` part of the http block.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace alloy {

// Takes the same time wherever the first difference is: for comparing secrets.
bool equal_in_constant_time(std::string_view given, std::string_view wanted);

struct HttpAuth {
  std::string username;
  std::string password;
  // Which paths need credentials: those that begin with one of `paths`, or all others.
  std::vector<std::string> paths;
  bool authenticate_matching_paths = false;

  // Whether the request may pass.
  bool allows(const net::ServerRequest& request) const;
};

}  // namespace alloy
