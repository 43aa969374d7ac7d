// The arguments that prometheus.operator.* have in common.
#pragma once

#include <string>
#include <vector>

#include "base/stability.h"
#include "components/shared/clustering_arguments.h"
#include "components/shared/kubernetes/api_client.h"
#include "components/shared/kubernetes/label_selector.h"
#include "signals/metrics_receiver.h"
#include "signals/relabel.h"

namespace alloy::prometheus::operators {

struct ScrapeArguments {
  Duration default_interval = Duration::zero();
  Duration default_timeout = Duration::zero();
  uint64_t default_sample_limit = 0;
  bool scrape_native_histograms = false;
  bool scrape_classic_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  uint64_t native_histogram_bucket_limit = 0;
  double native_histogram_min_bucket_factor = 0;
  bool honor_metadata = false;
  bool enable_type_and_unit_labels = false;
  bool start_timestamp_zero_ingestion = false;

  static constexpr auto schema() {
    using S = ScrapeArguments;
    return fields(
        optional<&S::default_interval>("default_scrape_interval",
                                       "How often to scrape where nothing says so; 0s: 1m."),
        optional<&S::default_timeout>("default_scrape_timeout",
                                      "How long a scrape may take where nothing says so; 0s: 10s."),
        optional<&S::default_sample_limit>("default_sample_limit",
                                           "Samples of a scrape where nothing says so; 0: any."),
        optional<&S::scrape_native_histograms>("scrape_native_histograms",
                                               "Whether native histograms are asked for."),
        optional<&S::scrape_classic_histograms>(
            "scrape_classic_histograms",
            "Whether histograms that are native are also taken in their classic form."),
        optional<&S::convert_classic_histograms_to_nhcb>(
            "convert_classic_histograms_to_nhcb",
            "Whether classic histograms become native ones with custom buckets."),
        optional<&S::native_histogram_bucket_limit>(
            "native_histogram_bucket_limit", "Native histograms are reduced to so many buckets."),
        optional<&S::native_histogram_min_bucket_factor>(
            "native_histogram_min_bucket_factor",
            "Native histograms are reduced to buckets that grow by at least this factor."),
        optional<&S::honor_metadata>("honor_metadata",
                                     "Whether types, helps and units are passed on."),
        optional<&S::enable_type_and_unit_labels>("enable_type_and_unit_labels",
                                                  "Adds type and unit as labels to each series."),
        optional<&S::start_timestamp_zero_ingestion>(
            "start_timestamp_zero_ingestion",
            "Whether a zero sample is added where a counter says when it started."));
  }
  bool operator==(const ScrapeArguments&) const = default;
};

struct OperatorArguments {
  kubernetes::ClientArguments client;
  std::vector<MetricsReceiverPointer> forward_to;
  std::vector<std::string> namespaces;
  std::string kubernetes_role = "endpoints";
  std::optional<kubernetes::LabelSelectorArguments> selector;
  ClusteringArguments clustering;
  std::vector<RelabelRule> rules;
  ScrapeArguments scrape;
  Duration informer_sync_timeout = 1min;

  static constexpr auto schema() {
    using A = OperatorArguments;
    return fields(
        block<&A::client>("client", "How to reach the API server."),
        required<&A::forward_to>("forward_to", "Where the metrics go."),
        optional<&A::namespaces>("namespaces", "Namespaces to look in; without any, all."),
        optional<&A::kubernetes_role>(
            "kubernetes_role",
            "What targets of services are found by: endpoints or endpointslice."),
        block<&A::selector>("selector", "Which resources count, by their labels."),
        block<&A::clustering>("clustering", "How the nodes of a cluster share the targets."),
        blocks<&A::rules>("rule", "Relabels the targets, before the rules of the resources."),
        block<&A::scrape>("scrape", "How targets are scraped where the resources don't say."),
        optional<&A::informer_sync_timeout>(
            "informer_sync_timeout",
            "How long the API server may take to list the resources at first."));
  }
  Result<> validate() const;

  // What the chosen level of stability must allow.
  Result<> check_stability(Stability allowed) const;
};

}  // namespace alloy::prometheus::operators
