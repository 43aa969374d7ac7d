// Lines of StatsD and of those who extended it: DogStatsD, InfluxDB, Librato, SignalFx.
#pragma once

#include <string_view>

#include "components/prometheus/exporter_statsd/event.h"
#include "components/prometheus/exporter_statsd/self_metrics.h"

namespace alloy::prometheus::exporter_statsd {

struct TagStyles {
  bool dogstatsd = true;  // name:1|c|#tag:value
  bool influxdb = true;   // name,tag=value:1|c
  bool librato = true;    // name#tag=value:1|c
  bool signalfx = true;   // name[tag=value]:1|c
};

// Adds the events of one line to `out`; what is wrong with it is counted.
void parse_line(std::string_view line, const TagStyles& styles, SelfCounters& counters,
                Events& out);

}  // namespace alloy::prometheus::exporter_statsd
