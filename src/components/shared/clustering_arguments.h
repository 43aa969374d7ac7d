// The `clustering` block: whether the nodes of a cluster share a component's work.
#pragma once

#include "schema/fields.h"

namespace alloy {

struct ClusteringArguments {
  bool enabled = false;

  static constexpr auto schema() {
    return fields(required<&ClusteringArguments::enabled>(
        "enabled", "Whether the nodes of a cluster share the targets."));
  }
  bool operator==(const ClusteringArguments&) const = default;
};

}  // namespace alloy
