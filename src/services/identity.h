// Who this process is to others: what outgoing requests say about it.
#pragma once

#include <string>

namespace alloy {

struct Identity {
  std::string uid;         // Of the installation; X-Alloy-Id and X-Agent-Id.
  std::string version;     // "v1.18.0"
  std::string user_agent;  // "Alloy/v1.18.0 (linux; binary)"
};

}  // namespace alloy
