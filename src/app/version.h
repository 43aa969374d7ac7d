// Which build this is: --version, alloy_build_info, the User-Agent.
#pragma once

#include <string>
#include <string_view>

namespace alloy::app {

struct Version {
  std::string_view version;  // "v1.18.0-devel": the release of the real program this one matches.
  std::string_view branch;
  std::string_view revision;
  std::string_view build_user;
  std::string_view build_date;
  std::string_view compiler;
  std::string_view platform;  // "linux/amd64"
  std::string_view tags;
};

const Version& version();

// What --version prints for a program of this name.
std::string version_text(std::string_view program);

}  // namespace alloy::app
