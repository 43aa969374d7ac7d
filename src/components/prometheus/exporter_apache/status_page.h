// The status page of Apache (mod_status, "?auto"): lines of "key: value".
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/metrics.h"

namespace alloy::prometheus::exporter_apache {

// Adds what the page says to `out`; fails at the first value that is none.
Result<> read_status_page(std::string_view page, MetricFamilies& out);

// Sets one sample of a family that the table of the page's metrics knows.
void set_metric(MetricFamilies& out, std::string_view name, double value, MetricLabels labels = {});

}  // namespace alloy::prometheus::exporter_apache
