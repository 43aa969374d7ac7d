// A container whose logs are read by way of the API server.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "components/loki/shared/positions.h"
#include "signals/targets.h"

namespace alloy::loki {

struct PodTarget {
  Target discovered;  // As it was found, before any processing.
  LabelSet labels;    // Those of its entries.
  std::string name_space;
  std::string pod;
  std::string container;
  std::string uid;  // The pod's.

  // "namespace/pod:container"
  std::string id() const;
  PositionKey position_key() const;

  bool operator==(const PodTarget& other) const {
    return labels == other.labels && uid == other.uid && id() == other.id();
  }
};

// What becomes of the labels that discovery made up, __meta_*.
enum class DiscoveredLabels : unsigned char { removed, kept };

// Finds out which container the labels mean, and gives it the labels job and instance if it has
// none. `discovered` is what `labels` were before rules were applied. Fails where the labels don't
// name a container.
Result<PodTarget> make_pod_target(Target discovered, const LabelSet& labels,
                                  std::string_view default_job,
                                  DiscoveredLabels meta = DiscoveredLabels::removed);

// Those of the labels that tell containers apart, which the nodes of a cluster share them by.
LabelSet pod_cluster_labels(const Target& discovered);

}  // namespace alloy::loki
