// What the process uses of the machine, read from /proc: process_*, alloy_resources_*, and those of
// the go_* metrics that dashboards of the real program show and that mean something here.
#pragma once

#include "base/metrics.h"

namespace alloy {

void collect_process_metrics(MetricFamilies& out);

}  // namespace alloy
