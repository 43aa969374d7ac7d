// What the exporter counts about itself.
#pragma once

#include "base/metrics.h"

namespace alloy::prometheus::exporter_statsd {

class SelfCounters {
 public:
  SelfCounters();

  void count_event(std::string_view type);
  void count_sample_error(std::string_view reason);
  void count_conflict(std::string_view type);
  void count_event_error(std::string_view reason);
  void count_action(std::string_view action);
  void add_metric(std::string_view type);

  MetricRegistry registry;
  Counter& flushes;
  Counter& unmapped;
  Counter& udp_packets;
  Counter& udp_drops;
  Counter& tcp_connections;
  Counter& tcp_errors;
  Counter& tcp_long_lines;
  Counter& unixgram_packets;
  Counter& lines;
  Counter& samples;
  Counter& tags;
  Counter& tag_errors;
  Gauge& mappings;
  // Only with a cache.
  void count_cache(bool is_hit, size_t length);
};

}  // namespace alloy::prometheus::exporter_statsd
