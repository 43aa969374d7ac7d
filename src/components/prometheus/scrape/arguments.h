// The arguments of prometheus.scrape.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/stability.h"
#include "components/shared/clustering_arguments.h"
#include "components/shared/http_client_arguments.h"
#include "schema/fields.h"
#include "signals/metrics_receiver.h"
#include "signals/targets.h"

namespace alloy::prometheus::scrape {

struct Arguments {
  TargetList targets;
  std::vector<MetricsReceiverPointer> forward_to;
  std::string job_name;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  std::map<std::string, std::vector<std::string>> params;
  bool scrape_classic_histograms = false;
  bool scrape_native_histograms = false;
  std::string scrape_failure_log_file;
  Duration scrape_interval = 1min;
  Duration scrape_timeout = 10s;
  std::vector<std::string> scrape_protocols = {"OpenMetricsText1.0.0", "OpenMetricsText0.0.1",
                                               "PrometheusText1.0.0", "PrometheusText0.0.4"};
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  ByteSize body_size_limit;
  uint64_t sample_limit = 0;
  uint64_t target_limit = 0;
  uint64_t label_limit = 0;
  uint64_t label_name_length_limit = 0;
  uint64_t label_value_length_limit = 0;
  HttpClientArguments http;
  bool extra_metrics = false;
  bool enable_protobuf_negotiation = false;
  std::string metric_name_validation_scheme = "legacy";
  std::string metric_name_escaping_scheme;
  std::string scrape_fallback_protocol = "PrometheusText0.0.4";
  bool convert_classic_histograms_to_nhcb = false;
  bool enable_compression = true;
  uint64_t native_histogram_bucket_limit = 0;
  double native_histogram_min_bucket_factor = 0;
  bool honor_metadata = false;
  bool enable_type_and_unit_labels = false;
  bool start_timestamp_zero_ingestion = false;
  ClusteringArguments clustering;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::targets>("targets", "The targets to scrape."),
        required<&T::forward_to>("forward_to", "Where the metrics go."),
        optional<&T::job_name>("job_name",
                               "Value of the label `job`; the component's id by default."),
        optional<&T::honor_labels>("honor_labels",
                                   "Let labels of the metrics win over those of the target."),
        optional<&T::honor_timestamps>("honor_timestamps",
                                       "Whether timestamps of the metrics are used."),
        optional<&T::track_timestamps_staleness>(
            "track_timestamps_staleness",
            "Whether series with timestamps get a staleness marker when they vanish."),
        optional<&T::params>("params", "Query parameters of the request."),
        optional<&T::scrape_classic_histograms>(
            "scrape_classic_histograms",
            "Whether classic histograms are scraped where there are native ones as well."),
        optional<&T::scrape_native_histograms>("scrape_native_histograms",
                                               "Whether native histograms are scraped."),
        optional<&T::scrape_failure_log_file>("scrape_failure_log_file",
                                              "File that gets a line for each failed scrape."),
        optional<&T::scrape_interval>("scrape_interval", "How often targets are scraped."),
        optional<&T::scrape_timeout>("scrape_timeout", "How long a scrape may take."),
        optional<&T::scrape_protocols>("scrape_protocols",
                                       "Formats to ask targets for, the best one first."),
        optional<&T::metrics_path>("metrics_path", "Path of the request."),
        optional<&T::scheme>("scheme", "Scheme of the request: http or https."),
        optional<&T::body_size_limit>("body_size_limit",
                                      "Size of a decompressed body at which a scrape fails."),
        optional<&T::sample_limit>("sample_limit", "More samples than this fail a scrape."),
        optional<&T::target_limit>("target_limit", "More targets than this fail all of them."),
        optional<&T::label_limit>("label_limit", "More labels of a series fail a scrape."),
        optional<&T::label_name_length_limit>("label_name_length_limit",
                                              "A longer label name fails a scrape."),
        optional<&T::label_value_length_limit>("label_value_length_limit",
                                               "A longer label value fails a scrape."),
        inlined<&T::http>(),
        optional<&T::extra_metrics>("extra_metrics", "Whether more is reported about each scrape."),
        optional<&T::enable_protobuf_negotiation>("enable_protobuf_negotiation",
                                                  "Deprecated: use `scrape_protocols`."),
        optional<&T::metric_name_validation_scheme>("metric_name_validation_scheme",
                                                    "Which names are valid: legacy or utf8."),
        optional<&T::metric_name_escaping_scheme>(
            "metric_name_escaping_scheme",
            "How targets are asked to escape names: allow-utf-8, underscores, dots, values."),
        optional<&T::scrape_fallback_protocol>(
            "scrape_fallback_protocol",
            "Format of a target that doesn't say which one it answers in; empty: fail."),
        optional<&T::convert_classic_histograms_to_nhcb>(
            "convert_classic_histograms_to_nhcb",
            "Whether classic histograms become native ones with custom buckets."),
        optional<&T::enable_compression>("enable_compression",
                                         "Whether compressed answers are asked for."),
        optional<&T::native_histogram_bucket_limit>(
            "native_histogram_bucket_limit", "Native histograms are reduced to so many buckets."),
        optional<&T::native_histogram_min_bucket_factor>(
            "native_histogram_min_bucket_factor",
            "Native histograms are reduced to buckets that grow by at least this factor."),
        optional<&T::honor_metadata>("honor_metadata",
                                     "Whether types, helps and units are passed on."),
        optional<&T::enable_type_and_unit_labels>("enable_type_and_unit_labels",
                                                  "Adds type and unit as labels to each series."),
        optional<&T::start_timestamp_zero_ingestion>(
            "start_timestamp_zero_ingestion",
            "Whether a zero sample is added where a counter says when it started."),
        block<&T::clustering>("clustering", "How the nodes of a cluster share the targets."));
  }
  // Also fills in what depends on other arguments.
  Result<void> validate();

  // The formats to ask for: those given, with protobuf first where something needs it.
  std::vector<std::string> protocols() const;

  // What the chosen level of stability must allow.
  Result<void> check_stability(Stability allowed) const;
};

}  // namespace alloy::prometheus::scrape
