// /-/support: an archive with what is worth knowing about a running program, for whoever is asked
// to help.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/http_message.h"

namespace alloy {

// Where the parts of the archive come from.
struct SupportBundleParts {
  std::string version;
  std::function<std::string()> components;  // JSON
  std::function<std::string()> peers;       // JSON
  std::function<std::string()> metrics;     // Exposition text
  std::function<std::string()> runtime_flags;
  // Names (below "sources/") and texts of the configuration's files, without their secrets.
  std::function<std::vector<std::pair<std::string, std::string>>()> sources;
  // Calls back for every line that is logged, until what it returns is destroyed.
  std::function<std::shared_ptr<void>(std::function<void(std::string_view)>)> follow_log;
};

// Collects for as long as the request's parameter `duration` says and answers with the archive.
Task<net::ServerResponse> support_bundle_response(const SupportBundleParts* parts,
                                                  net::ServerRequest request);

}  // namespace alloy
