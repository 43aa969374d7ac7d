// Prometheus text as a user writes it into a configuration: blanks may stand anywhere between
// words, and mistakes are told with their line. (The parser of scrapes, wire/exposition.h, is
// stricter: it reads what programs write.)
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::prometheus::exporter_static {

// The same metrics, a line each and without needless blanks, as a scrape understands them; or the
// first mistake, in the words of Prometheus' own parser.
Result<std::string> tidy_metric_text(std::string_view text);

}  // namespace alloy::prometheus::exporter_static
