// Configurations of Prometheus.
#pragma once

#include "convert/convert.h"

namespace alloy::convert::prometheus {

Conversion convert(const Input& input);

}  // namespace alloy::convert::prometheus
