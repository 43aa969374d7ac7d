// Who may talk to the HTTP server: the `auth` part of the http block.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/http_message.h"

namespace alloy {

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
