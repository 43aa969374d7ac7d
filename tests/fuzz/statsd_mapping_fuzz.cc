// Mapping files of StatsD: read or refused; whatever was read maps names without harm.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "components/prometheus/exporter_statsd/mapping.h"

using namespace alloy::prometheus::exporter_statsd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto config = read_mapping_config({reinterpret_cast<const char*>(data), size});
  if (!config) {
    ASSERT(!config.error().message().empty());
    return 0;
  }
  const Mapper mapper(*std::move(config));
  for (const char* name : {"", "a", "a.b", "test.a.b.counter", "test.x.y"})
    for (const EventType type : {EventType::counter, EventType::gauge, EventType::observer})
      (void)mapper.find(name, type);
  return 0;
}
