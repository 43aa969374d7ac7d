#include "components/prometheus/exporter_statsd/self_metrics.h"

namespace alloy::prometheus::exporter_statsd {

SelfCounters::SelfCounters()
    : flushes(registry.counter("statsd_exporter_event_queue_flushed_total",
                               "Number of times events were flushed to exporter")),
      unmapped(registry.counter("statsd_exporter_events_unmapped_total",
                                "The total number of StatsD events no mapping was found for.")),
      udp_packets(registry.counter("statsd_exporter_udp_packets_total",
                                   "The total number of StatsD packets received over UDP.")),
      udp_drops(
          registry.counter("statsd_exporter_udp_packet_drops_total",
                           "The total number of dropped StatsD packets which received over UDP.")),
      tcp_connections(registry.counter("statsd_exporter_tcp_connections_total",
                                       "The total number of TCP connections handled.")),
      tcp_errors(registry.counter("statsd_exporter_tcp_connection_errors_total",
                                  "The number of errors encountered reading from TCP.")),
      tcp_long_lines(registry.counter("statsd_exporter_tcp_too_long_lines_total",
                                      "The number of lines discarded due to being too long.")),
      unixgram_packets(
          registry.counter("statsd_exporter_unixgram_packets_total",
                           "The total number of StatsD packets received over Unixgram.")),
      lines(registry.counter("statsd_exporter_lines_total",
                             "The total number of StatsD lines received.")),
      samples(registry.counter("statsd_exporter_samples_total",
                               "The total number of StatsD samples received.")),
      tags(registry.counter("statsd_exporter_tags_total",
                            "The total number of DogStatsD tags processed.")),
      tag_errors(registry.counter("statsd_exporter_tag_errors_total",
                                  "The number of errors parsing DogStatsD tags.")),
      mappings(registry.gauge("statsd_exporter_loaded_mappings",
                              "The current number of configured metric mappings.")) {}

void SelfCounters::count_event(std::string_view type) {
  registry
      .counter("statsd_exporter_events_total", "The total number of StatsD events seen.",
               {{"type", std::string(type)}})
      .add();
}

void SelfCounters::count_sample_error(std::string_view reason) {
  registry
      .counter("statsd_exporter_sample_errors_total",
               "The total number of errors parsing StatsD samples.",
               {{"reason", std::string(reason)}})
      .add();
}

void SelfCounters::count_conflict(std::string_view type) {
  registry
      .counter("statsd_exporter_events_conflict_total",
               "The total number of StatsD events with conflicting names.",
               {{"type", std::string(type)}})
      .add();
}

void SelfCounters::count_event_error(std::string_view reason) {
  registry
      .counter("statsd_exporter_events_error_total",
               "The total number of StatsD events discarded due to errors.",
               {{"reason", std::string(reason)}})
      .add();
}

void SelfCounters::count_action(std::string_view action) {
  registry
      .counter("statsd_exporter_events_actions_total",
               "The total number of StatsD events by action.", {{"action", std::string(action)}})
      .add();
}

void SelfCounters::add_metric(std::string_view type) {
  registry
      .gauge("statsd_exporter_metrics_total", "The total number of metrics.",
             {{"type", std::string(type)}})
      .add(1);
}

void SelfCounters::count_cache(bool is_hit, size_t length) {
  registry.counter("statsd_metric_mapper_cache_gets_total", "The count of total metric cache gets.")
      .add();
  Counter& hits = registry.counter("statsd_metric_mapper_cache_hits_total",
                                   "The count of total metric cache hits.");
  if (is_hit) hits.add();
  registry
      .gauge("statsd_metric_mapper_cache_length", "The count of unique metrics currently cached.")
      .set(static_cast<double>(length));
}

}  // namespace alloy::prometheus::exporter_statsd
