#include "app/version.h"

#include <fmt/format.h>

// The build may define these (src/app/CMakeLists.txt).
#ifndef ALLOY_VERSION
#define ALLOY_VERSION "v1.18.0-devel"
#endif
#ifndef ALLOY_REVISION
#define ALLOY_REVISION "unknown"
#endif
#ifndef ALLOY_BRANCH
#define ALLOY_BRANCH "unknown"
#endif

namespace alloy::app {

const Version& version() {
  static constexpr Version build = {
      .version = ALLOY_VERSION,
      .branch = ALLOY_BRANCH,
      .revision = ALLOY_REVISION,
      .build_user = "",
      .build_date = "",
      .compiler = "c++ " __VERSION__,
#if defined(__x86_64__)
      .platform = "linux/amd64",
#elif defined(__aarch64__)
      .platform = "linux/arm64",
#else
      .platform = "linux/unknown",
#endif
      .tags = "cpp",
  };
  return build;
}

std::string version_text(std::string_view program) {
  const Version& v = version();
  return fmt::format(
      "{}, version {} (branch: {}, revision: {})\n"
      "  build user:       {}\n"
      "  build date:       {}\n"
      "  go version:       {}\n"
      "  platform:         {}\n"
      "  tags:             {}\n",
      program, v.version, v.branch, v.revision, v.build_user, v.build_date, v.compiler, v.platform,
      v.tags);
}

}  // namespace alloy::app
