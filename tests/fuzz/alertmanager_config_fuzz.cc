// Whatever an AlertmanagerConfig says, reading it ends, and what it adds to a configuration leaves
// that readable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "components/mimir/alerts_kubernetes/alertmanager_config.h"
#include "values/stdlib/yaml_decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::mimir::alerts_kubernetes;
  constexpr size_t size_max = 10'000;
  if (size > size_max) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)read_base_config(text);
  const auto base = read_base_config("route: {receiver: base}\nglobal: {smtp_smarthost: h:25}");
  if (!base) std::abort();
  AlertmanagerConfig resource;
  resource.meta.name_space = "n";
  resource.meta.name = "c";
  resource.spec = text;
  alloy::kubernetes::Secrets secrets(nullptr);
  auto added = read_addition(resource, {}, **base, secrets);
  if (!added) return 0;
  if (!alloy::stdlib::decode_yaml(merge(**base, {{"n/c", *std::move(added)}}))) std::abort();
  return 0;
}
