// Whatever a file or a server says, reading target groups from it ends with groups or an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "components/shared/target_group_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::discovery;
  constexpr size_t size_max = 20'000;
  if (size > size_max) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const GroupOrigin origin{.label = "__meta_url", .value = "u"};
  for (const auto& groups : {read_json_groups(text, origin), read_yaml_groups(text, origin)}) {
    if (!groups) {
      ASSERT(!groups.error().message().empty());
      continue;
    }
    for (const TargetGroup& group : *groups)
      for (const alloy::Target& target : group.targets) ASSERT(target.has("__address__"));
  }
  return 0;
}
