// StatsD lines from anybody: read without harm; what is read has a name, and adds up to metrics.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "base/text.h"
#include "components/prometheus/exporter_statsd/line_parser.h"
#include "components/prometheus/exporter_statsd/metric_store.h"

using namespace alloy;
using namespace alloy::prometheus::exporter_statsd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t events_max = 10'000;  // A sample may stand for a million.
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  ManualClock clock;
  SelfCounters counters;
  MetricStore store(*read_mapping_config(""), {.size_max = 4}, counters, clock);
  size_t total = 0;
  for (const std::string_view line : split(input, '\n')) {
    Events events;
    parse_line(line, {}, counters, events);
    for (auto& event : events) {
      ASSERT(is_utf8(event.name));
      if (++total < events_max) store.handle(event);
    }
    if (total >= events_max) break;
  }
  MetricFamilies families;
  store.collect(families);
  ASSERT(families.size() <= total);
  return 0;
}
