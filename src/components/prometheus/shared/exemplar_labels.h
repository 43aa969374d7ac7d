// What OpenMetrics asks of the labels of an exemplar.
#pragma once

#include <span>

#include "signals/labels.h"

namespace alloy::prometheus {

// Whether receivers take these labels, sorted by name: no name twice, and together no more
// characters than the specification allows.
bool are_valid_exemplar_labels(std::span<const Label> labels);

}  // namespace alloy::prometheus
